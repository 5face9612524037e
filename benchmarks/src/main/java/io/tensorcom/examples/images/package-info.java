// SPDX-License-Identifier: Apache-2.0

/** What benchmarks need of the image pipeline that is not public. */
@NullMarked
package io.tensorcom.examples.images;

import org.jspecify.annotations.NullMarked;
