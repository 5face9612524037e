// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The meters of one socket in one registry. Used under the lock of its {@link TransferMetrics}. */
final class Binding {
  private final MeterRegistry registry;
  private final Tags tags;
  private final Supplier<Reading> readings;
  private final List<Meter> meters = new ArrayList<>();
  private final Set<String> reasons = new HashSet<>();
  private final Map<String, List<Meter>> peers = new HashMap<>();

  Binding(
      MeterRegistry registry,
      Tags tags,
      Supplier<Reading> readings,
      List<Figure<Reading>> figures) {
    this.registry = registry;
    this.tags = tags;
    this.readings = readings;
    figures.forEach(this::register);
  }

  private void register(Figure<Reading> figure) {
    meters.add(figure.register(registry, tags, () -> figure.value().applyAsDouble(readings.get())));
  }

  /** Adds meters of peers and reasons that are new, and removes those of peers that are gone. */
  void follow(Reading reading) {
    for (String reason : reading.transfer().socket().closed().keySet()) {
      if (!reason.equals(Figures.IN_HANDSHAKE) && reasons.add(reason)) {
        register(Figures.closedFor(reason));
      }
    }
    peers
        .entrySet()
        .removeIf(
            each -> {
              boolean gone = !reading.peers().containsKey(each.getKey());
              if (gone) {
                each.getValue().forEach(registry::remove);
              }
              return gone;
            });
    reading.peers().keySet().forEach(peer -> peers.computeIfAbsent(peer, this::registerPeer));
  }

  private List<Meter> registerPeer(String peer) {
    List<Meter> registered = new ArrayList<>();
    for (Figure<PeerTotals> figure : Figures.ofPeers()) {
      registered.add(
          figure.register(
              registry,
              tags.and("peer", peer),
              () ->
                  figure
                      .value()
                      .applyAsDouble(readings.get().peers().getOrDefault(peer, PeerTotals.NONE))));
    }
    return registered;
  }

  void remove() {
    meters.forEach(registry::remove);
    peers.values().forEach(all -> all.forEach(registry::remove));
    meters.clear();
    peers.clear();
  }
}
