// SPDX-License-Identifier: Apache-2.0

/** What benchmarks need of discovery by DNS that is not public. */
@NullMarked
package io.tensorcom.discovery.k8s;

import org.jspecify.annotations.NullMarked;
