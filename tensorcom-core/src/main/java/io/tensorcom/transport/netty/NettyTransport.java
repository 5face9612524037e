// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.tensorcom.transport.Capability;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.Transport;
import java.util.EnumSet;
import java.util.Set;

/**
 * ZMTP 3.1 (RFC 37, mechanism NULL) over TCP and Unix-domain sockets; the default transport.
 *
 * <p>Bodies are received in place and sent from where they lie, without a copy in user space. What
 * is buffered is bounded by the pool and the limits per peer. Each socket has one I/O thread, on
 * epoll where there is one and on NIO elsewhere. Thread-safe.
 */
public final class NettyTransport implements Transport {
  /** Makes the transport; {@link java.util.ServiceLoader} does that. */
  public NettyTransport() {}

  @Override
  public String name() {
    return "netty";
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.allOf(Capability.class);
  }

  @Override
  public MessageSink openSink(SocketRole role, SocketOptions options) {
    if (!role.sends()) {
      throw new IllegalArgumentException("role: " + role + " (expected: PUSH or PUB)");
    }
    return role == SocketRole.PUSH ? NettySink.push(options) : NettySink.pub(options);
  }

  @Override
  public MessageSource openSource(SocketRole role, SocketOptions options) {
    if (role.sends()) {
      throw new IllegalArgumentException("role: " + role + " (expected: PULL or SUB)");
    }
    return new NettySource(role, options);
  }
}
