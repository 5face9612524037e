// SPDX-License-Identifier: Apache-2.0

/**
 * START HERE: batches of tensors over the network, compatible with the Python tensorcom.
 *
 * <p>{@link io.tensorcom.TensorSender} sends and {@link io.tensorcom.TensorReceiver} receives
 * {@link io.tensorcom.tensor.TensorBatch}es. Both are opened from URLs ({@link
 * io.tensorcom.TensorcomUrl}) and configured by a {@link io.tensorcom.TensorcomConfig}.
 *
 * <p>Ownership in two sentences: whoever makes or receives a batch closes it, in every outcome; a
 * sender only borrows. Failures come in three kinds: a bug of the caller ({@link
 * IllegalArgumentException}, {@link IllegalStateException}), malformed data of a peer ({@link
 * io.tensorcom.codec.MalformedBatchException}), and the environment ({@link
 * io.tensorcom.transport.TransportException}, {@link io.tensorcom.ReceiveTimeoutException}, {@link
 * io.tensorcom.discovery.DiscoveryException}, {@link io.tensorcom.tensor.PoolExhaustedException},
 * and, if asked for, {@link io.tensorcom.stream.BatchLossException}). All are unchecked.
 */
@NullMarked
package io.tensorcom;

import org.jspecify.annotations.NullMarked;
