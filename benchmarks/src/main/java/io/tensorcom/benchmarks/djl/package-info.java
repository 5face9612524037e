// SPDX-License-Identifier: Apache-2.0

/**
 * How long a trainer waits for batches, for {@code benchmarks/loading}; start with {@link
 * io.tensorcom.benchmarks.djl.LoadingTimes}.
 */
@NullMarked
package io.tensorcom.benchmarks.djl;

import org.jspecify.annotations.NullMarked;
