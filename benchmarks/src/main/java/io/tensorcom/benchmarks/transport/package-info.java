// SPDX-License-Identifier: Apache-2.0

/**
 * Benchmarks of sending and receiving within one process: start with {@link
 * io.tensorcom.benchmarks.transport.LoopbackBenchmark}. Streams between two processes, for {@code
 * benchmarks/compare-jeromq}: ours through the public API ({@link
 * io.tensorcom.benchmarks.transport.Stream}) and JeroMQ on its own ({@link
 * io.tensorcom.benchmarks.transport.BareJeroMq}).
 */
@NullMarked
package io.tensorcom.benchmarks.transport;

import org.jspecify.annotations.NullMarked;
