// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

/** What a socket does, as in ZeroMQ (RFC 28 for PUSH and PULL, RFC 29 for PUB and SUB). */
public enum SocketRole {
  /** Sends each message to one peer, in turn over those that have room. */
  PUSH(true),
  /** Receives from all peers in turn what they push. */
  PULL(false),
  /** Sends each message to every peer that subscribed to it. */
  PUB(true),
  /** Receives from all peers in turn what matches its topics. */
  SUB(false);

  private final boolean sends;

  SocketRole(boolean sends) {
    this.sends = sends;
  }

  /** {@return whether the role sends; otherwise it receives} */
  public boolean sends() {
    return sends;
  }
}
