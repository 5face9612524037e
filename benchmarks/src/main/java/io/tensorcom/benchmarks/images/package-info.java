// SPDX-License-Identifier: Apache-2.0

/**
 * Benchmarks of serving images: decoding them, and with {@link
 * io.tensorcom.benchmarks.images.SeedPathBenchmark} the whole way from shards to a trainer.
 */
@NullMarked
package io.tensorcom.benchmarks.images;

import org.jspecify.annotations.NullMarked;
