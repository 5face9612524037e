// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.metrics;

import io.tensorcom.transport.PeerStats;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns counters of connections into counters of peers that never go back while the peer is there.
 * Not thread-safe.
 */
final class PeerBook {
  private static final Pattern WITH_PORT = Pattern.compile("(tcp://.*):\\d+");
  private static final Pattern NUMBERED = Pattern.compile("(ipc://.*)#\\d+");

  private final boolean byHost;
  private final int most;
  private final Set<String> listed = new LinkedHashSet<>();
  private final Map<String, PeerTotals> ended = new HashMap<>();
  private Map<String, PeerTotals> connections = Map.of();
  private int unlisted;

  /**
   * Makes an empty book.
   *
   * @param byHost whether a peer is a host: the ports of those that connect to us mean nothing, and
   *     are others each time
   * @param most how many peers are listed; who was there first stays
   */
  PeerBook(boolean byHost, int most) {
    this.byHost = byHost;
    this.most = most;
  }

  /** Enters what is connected now; returns what was counted for each peer that is listed. */
  Map<String, PeerTotals> update(List<PeerStats> stats) {
    Map<String, PeerTotals> now = new LinkedHashMap<>();
    stats.forEach(each -> now.merge(each.peer(), PeerTotals.of(each), PeerTotals::plus));
    connections.forEach(
        (address, before) -> {
          PeerTotals still = now.get(address);
          if (still == null || still.isBehind(before)) {
            ended.merge(peer(address), before.withoutQueue(), PeerTotals::plus);
          }
        });
    connections = now;
    Map<String, PeerTotals> peers = new LinkedHashMap<>();
    now.forEach((address, totals) -> peers.merge(peer(address), totals, PeerTotals::plus));
    ended.keySet().retainAll(peers.keySet());
    ended.forEach((peer, totals) -> peers.merge(peer, totals, PeerTotals::plus));
    return list(peers);
  }

  private Map<String, PeerTotals> list(Map<String, PeerTotals> peers) {
    listed.retainAll(peers.keySet());
    for (String peer : peers.keySet()) {
      if (listed.size() < most) {
        listed.add(peer);
      }
    }
    unlisted = peers.size() - listed.size();
    peers.keySet().retainAll(listed);
    return Map.copyOf(peers);
  }

  /** {@return how many peers were too many to be listed} */
  int unlisted() {
    return unlisted;
  }

  private String peer(String address) {
    Matcher matcher = (byHost ? WITH_PORT : NUMBERED).matcher(address);
    if (byHost && !matcher.matches()) {
      matcher = NUMBERED.matcher(address);
    }
    return matcher.matches() ? matcher.group(1) : address;
  }
}
