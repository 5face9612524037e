// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

/**
 * What a peer had got, and what it lost, when its connection ended.
 *
 * @param counters as they stood then; what was {@code queued} had been given to it and was not
 *     written whole
 * @param lost messages that it had been given and did not get whole; a pusher gives what it had not
 *     begun to another puller, and does not count it here
 * @param reason the reason of {@link SocketStats#closed} if this side ended the connection because
 *     of what the peer did, else {@link #ENDED}
 */
public record GonePeer(PeerStats counters, long lost, String reason) {
  /** The connection was ended by the peer, by the network, or because it was left or closed. */
  public static final String ENDED = "ended";
}
