// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

import java.time.Duration;

/** What sinks and sources have in common: addresses, peers and an end. Thread-safe. */
public interface MessageSocket extends AutoCloseable {
  /**
   * Binds to a local address.
   *
   * @return the address, with the real port where 0 was asked for
   * @throws TransportException if the address cannot be bound or the medium is not supported
   */
  TransportAddress bind(TransportAddress address);

  /**
   * Connects to an address and keeps trying for as long as the socket is open. Does not wait for a
   * peer, nor for the attempt to begin.
   *
   * @throws TransportException if the medium is not supported
   */
  void connect(TransportAddress address);

  /** Leaves an address at once; messages that came from it may still be delivered. */
  default void disconnect(TransportAddress address) {
    disconnect(address, Duration.ZERO);
  }

  /**
   * Leaves an address in order. It is not connected again. A sender gives its peer nothing new,
   * writes what the peer was given, and ends the connection. A receiver keeps a connection that
   * delivers until it ends, or delivers nothing for as long as it may linger. When the address is
   * connected again meanwhile, a receiver goes on with the connection it has. Does not wait for any
   * of it.
   *
   * @param linger how long the sender may write, or the peer be silent; zero for not at all
   * @see Capability#LEAVE_IN_ORDER
   */
  void disconnect(TransportAddress address, Duration linger);

  /** Sets who is told of connections to addresses that are connected from now on. */
  void setConnectionListener(ConnectionListener listener);

  /**
   * Waits until this many peers have shaken hands (and, for PUB, have subscribed to something).
   *
   * @return whether that was so before the time was over
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  boolean awaitPeers(int count, Duration timeout) throws InterruptedException;

  /** {@return what was counted so far} */
  SocketStats stats();

  /** Closes the socket and gives everything back. Idempotent. */
  @Override
  void close();
}
