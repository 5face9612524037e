// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is remembered of servers from question to question. Confined to one thread. */
public final class ServerBook {
  private static final long PENALTY_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long WITHOUT_EDNS_NANOS = Duration.ofMinutes(10).toNanos();

  private final Map<InetSocketAddress, Long> penalised = new HashMap<>();
  private final Map<InetSocketAddress, Long> withoutEdns = new HashMap<>();
  private int turn;

  /** {@return the servers in the order to ask them: those that failed lately come last} */
  List<InetSocketAddress> order(List<InetSocketAddress> servers, boolean rotate, long now) {
    int first = rotate ? Math.floorMod(turn++, servers.size()) : 0;
    List<InetSocketAddress> good = new ArrayList<>();
    List<InetSocketAddress> bad = new ArrayList<>();
    for (int i = 0; i < servers.size(); i++) {
      InetSocketAddress server = servers.get((first + i) % servers.size());
      Long since = penalised.get(server);
      (since != null && now - since < PENALTY_NANOS ? bad : good).add(server);
    }
    good.addAll(bad);
    return good;
  }

  void penalise(InetSocketAddress server, long now) {
    penalised.put(server, now);
  }

  void answered(InetSocketAddress server) {
    penalised.remove(server);
  }

  /** {@return whether to ask a server with EDNS; what it once said against it is forgotten} */
  boolean understandsEdns(InetSocketAddress server, long now) {
    Long since = withoutEdns.get(server);
    return since == null || now - since >= WITHOUT_EDNS_NANOS;
  }

  void doesNotUnderstandEdns(InetSocketAddress server, long now) {
    withoutEdns.put(server, now);
  }
}
