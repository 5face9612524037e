// SPDX-License-Identifier: Apache-2.0

/** Benchmarks of leasing memory. */
@NullMarked
package io.tensorcom.benchmarks.tensor;

import org.jspecify.annotations.NullMarked;
