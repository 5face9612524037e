// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

/**
 * What a peer had got, and what it lost, when its connection ended.
 *
 * @param counters as they stood then; {@code queued} is what was given to it and not written whole,
 *     of a sender what was received and waits to be taken
 * @param lost messages that it had been given and did not get whole; what a pusher gave to another
 *     puller instead is not among them. 0 for who sends
 * @param reason the reason of {@link SocketStats#closed} if this side ended the connection because
 *     of what the peer did, else {@link #ENDED}
 */
public record GonePeer(PeerStats counters, long lost, String reason) {
  /** The connection was ended by the peer, by the network, or because it was left or closed. */
  public static final String ENDED = "ended";

  /** {@return whether it did not get something that was meant for it} */
  public boolean lostSome() {
    return lost > 0 || counters.droppedFull() > 0;
  }
}
