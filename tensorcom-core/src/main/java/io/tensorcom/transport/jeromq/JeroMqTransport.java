// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.transport.Capability;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.Transport;
import java.util.Set;

/**
 * Sockets of JeroMQ 0.6: every role, TCP only.
 *
 * <p>Bodies are received into leased memory and sent from direct memory without a copy. JeroMQ does
 * not tell when a message is written: its memory comes back when the garbage collector has run, and
 * when leases run short for that reason bodies are copied to the heap instead, which is counted in
 * {@link io.tensorcom.transport.SocketStats#copies()}. Thread-safe.
 */
public final class JeroMqTransport implements Transport {
  /** Makes the transport; {@link java.util.ServiceLoader} does that. */
  public JeroMqTransport() {}

  @Override
  public String name() {
    return "jeromq";
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of();
  }

  @Override
  public MessageSink openSink(SocketRole role, SocketOptions options) {
    if (!role.sends()) {
      throw new IllegalArgumentException("role: " + role + " (expected: PUSH or PUB)");
    }
    JeroMqSink sink = new JeroMqSink(role, options);
    sink.start();
    return sink;
  }

  @Override
  public MessageSource openSource(SocketRole role, SocketOptions options) {
    if (role.sends()) {
      throw new IllegalArgumentException("role: " + role + " (expected: PULL or SUB)");
    }
    JeroMqSource source = new JeroMqSource(role, options);
    source.start();
    return source;
  }
}
