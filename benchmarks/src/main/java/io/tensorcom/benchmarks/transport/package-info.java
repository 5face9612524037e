// SPDX-License-Identifier: Apache-2.0

/**
 * Streams between two processes, for {@code benchmarks/compare-jeromq}: ours through the public API
 * ({@link io.tensorcom.benchmarks.transport.Stream}) and JeroMQ on its own ({@link
 * io.tensorcom.benchmarks.transport.BareJeroMq}).
 */
@NullMarked
package io.tensorcom.benchmarks.transport;

import org.jspecify.annotations.NullMarked;
