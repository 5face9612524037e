// SPDX-License-Identifier: Apache-2.0

/**
 * Benchmarks of sending and receiving within one process: start with {@link
 * io.tensorcom.benchmarks.transport.LoopbackBenchmark}. Streams between two processes, for the
 * scripts: ours through the public API ({@link io.tensorcom.benchmarks.transport.Stream}, and with
 * contents that are checked {@link io.tensorcom.benchmarks.transport.CheckedStream}, which {@code
 * benchmarks/compare} runs), JeroMQ on its own ({@link
 * io.tensorcom.benchmarks.transport.BareJeroMq}) and a bare socket ({@link
 * io.tensorcom.benchmarks.transport.BareSocket}).
 */
@NullMarked
package io.tensorcom.benchmarks.transport;

import org.jspecify.annotations.NullMarked;
