// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.GonePeer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The peers whose connections ended last, oldest first; so many and no more, since peers may come
 * and go for ever. Who lost something is kept longer than who did not. Thread-safe.
 */
final class GonePeers {
  static final int KEPT = 64;

  private final Deque<GonePeer> peers = new ArrayDeque<>();

  synchronized void add(GonePeer peer) {
    if (peers.size() == KEPT) {
      GonePeer spare =
          peers.stream().filter(each -> !each.lostSome()).findFirst().orElse(peers.getFirst());
      peers.removeFirstOccurrence(spare);
    }
    peers.add(peer);
  }

  synchronized List<GonePeer> list() {
    return List.copyOf(peers);
  }
}
