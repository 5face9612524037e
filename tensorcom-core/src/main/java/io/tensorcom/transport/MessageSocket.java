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
   * Connects to an address and keeps trying for as long as the socket is open.
   *
   * @throws TransportException if the medium is not supported
   */
  void connect(TransportAddress address);

  /** Leaves an address that was connected; messages in flight from it may still be delivered. */
  void disconnect(TransportAddress address);

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
