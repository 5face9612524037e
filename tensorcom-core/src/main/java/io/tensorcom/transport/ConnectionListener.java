// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

/**
 * Told of the connections to addresses that a socket connects to. Calls come one after another on a
 * thread of the socket's: they must not block, and must not call the socket except for connecting
 * and disconnecting.
 */
public interface ConnectionListener {
  /** Tells that the peer at an address has shaken hands. */
  default void connected(TransportAddress address) {}

  /**
   * Tells that an attempt to connect has failed; another one follows.
   *
   * @param reason for people
   */
  default void unreachable(TransportAddress address, String reason) {}

  /** Tells that the connection to a peer that had shaken hands has ended. */
  default void disconnected(TransportAddress address) {}
}
