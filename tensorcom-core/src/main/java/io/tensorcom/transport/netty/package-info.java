// SPDX-License-Identifier: Apache-2.0

/**
 * Sockets of ZMTP 3.1 on Netty: TCP and Unix-domain sockets, at the speed of the kernel.
 *
 * <p>Start with {@link io.tensorcom.transport.netty.NettyTransport}. The protocol lives in {@code
 * io.tensorcom.transport.zmtp}; here a {@code NettyLink} moves bytes between a channel and a
 * session, reading bodies straight into their slabs and writing them from where they lie.
 */
@NullMarked
package io.tensorcom.transport.netty;

import org.jspecify.annotations.NullMarked;
