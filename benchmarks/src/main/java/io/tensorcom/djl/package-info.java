// SPDX-License-Identifier: Apache-2.0

/** What benchmarks need of the adapter that is not public. */
@NullMarked
package io.tensorcom.djl;

import org.jspecify.annotations.NullMarked;
