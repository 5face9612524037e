// SPDX-License-Identifier: Apache-2.0

/**
 * The reference transport, over JeroMQ.
 *
 * <p>{@link io.tensorcom.transport.jeromq.JeroMqTransport} is the one public class. Each socket has
 * its own ZContext and its own thread, the only one that touches the JeroMQ socket, so that an
 * interrupt of a user's thread never reaches it. What JeroMQ cannot do is missing from {@link
 * io.tensorcom.transport.Transport#capabilities()}. For trusted networks only: a hostile peer can
 * cost all peers of a socket their connection.
 */
@NullMarked
package io.tensorcom.transport.jeromq;

import org.jspecify.annotations.NullMarked;
