// SPDX-License-Identifier: Apache-2.0

/**
 * ZMTP 3.1 without input or output: bytes and events in, bytes and events out.
 *
 * <p>Start with {@link io.tensorcom.transport.zmtp.Session}, which is one connection: it checks the
 * greeting, shakes hands, reads frames into leased memory and writes messages in pieces. Many
 * sessions make a socket: {@link io.tensorcom.transport.zmtp.PushCore}, {@link
 * io.tensorcom.transport.zmtp.PubCore} or {@link io.tensorcom.transport.zmtp.SourceCore}. What they
 * need from outside they ask of a {@link io.tensorcom.transport.zmtp.Link} (a connection) and a
 * {@link io.tensorcom.transport.zmtp.Scheduler} (a clock), so that the same code runs on real
 * sockets and in a simulation. Everything here is confined to one thread, except where it says
 * otherwise.
 *
 * <p>Sources: RFC 23 (ZMTP 3.0), RFC 37 (ZMTP 3.1), RFC 28 (PUSH and PULL), RFC 29 (PUB and SUB) of
 * ZeroMQ, and libzmq 4.3.4 where it differs.
 */
@NullMarked
package io.tensorcom.transport.zmtp;

import org.jspecify.annotations.NullMarked;
