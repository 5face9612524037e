// SPDX-License-Identifier: Apache-2.0

/**
 * What it costs to hand a batch to PyTorch ({@link
 * io.tensorcom.benchmarks.djl.BatchConverterBenchmark}), and how long a trainer waits for batches,
 * for {@code benchmarks/loading} ({@link io.tensorcom.benchmarks.djl.LoadingTimes}).
 */
@NullMarked
package io.tensorcom.benchmarks.djl;

import org.jspecify.annotations.NullMarked;
