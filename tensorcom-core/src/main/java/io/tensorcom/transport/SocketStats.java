// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

import java.util.List;
import java.util.Map;

/**
 * Counters of one socket since it was opened.
 *
 * @param messages sent or received
 * @param bytes of their frames
 * @param peers connected at this moment
 * @param unheard messages published while nobody had subscribed to them
 * @param dropEvents messages that a slow subscriber lost because it had no room, each counted once
 *     per subscriber where the transport has {@link Capability#PEER_STATISTICS}, else once
 * @param copies messages whose memory was copied to give a lease back, or because the transport
 *     cannot gather
 * @param refused messages of peers refused for their size or number of frames
 * @param flushed messages written whole to a peer, each counted once per peer
 * @param lost messages that a peer had been given, and did not get whole, when its connection
 *     ended; what a pusher had not begun is not lost, another puller gets it
 * @param reconnects attempts to connect again after a connection failed or ended
 * @param closed connections that this side ended because of what the peer did, by reason; one
 *     refused before its handshake was done also counts under {@code handshake}
 * @param peerStats one entry for each peer connected at this moment; empty without {@link
 *     Capability#PEER_STATISTICS}
 * @param gonePeers those that had shaken hands and whose connections ended last, 64 at most, oldest
 *     first; empty without {@link Capability#PEER_STATISTICS}
 */
public record SocketStats(
    long messages,
    long bytes,
    int peers,
    long unheard,
    long dropEvents,
    long copies,
    long refused,
    long flushed,
    long lost,
    long reconnects,
    Map<String, Long> closed,
    List<PeerStats> peerStats,
    List<GonePeer> gonePeers) {
  /** Copies the collections. */
  public SocketStats {
    closed = Map.copyOf(closed);
    peerStats = List.copyOf(peerStats);
    gonePeers = List.copyOf(gonePeers);
  }

  /** Makes statistics of a transport that knows nothing of its peers. */
  public static SocketStats withoutPeers(
      long messages,
      long bytes,
      int peers,
      long unheard,
      long dropEvents,
      long copies,
      long refused) {
    return new SocketStats(
        messages,
        bytes,
        peers,
        unheard,
        dropEvents,
        copies,
        refused,
        0,
        0,
        0,
        Map.of(),
        List.of(),
        List.of());
  }
}
