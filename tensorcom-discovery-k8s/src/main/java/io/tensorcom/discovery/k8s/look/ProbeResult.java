// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.k8s.explain.Outcome;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What one full name has.
 *
 * @param outcome of all families together
 * @param families what each family that was asked for has
 * @param ttl the lowest of all answers used, in seconds; -1 if unknown
 */
record ProbeResult(Outcome outcome, Map<Family, FamilyResult> families, long ttl) {
  static ProbeResult without(Outcome outcome, long ttl) {
    return new ProbeResult(outcome, Map.of(), ttl);
  }

  static ProbeResult ofAddresses(Map<Family, Answer> answers, int port) {
    Map<Family, FamilyResult> families = new EnumMap<>(Family.class);
    Outcome combined = AddressProbe.combined(answers);
    long ttl = -1;
    for (Map.Entry<Family, Answer> each : answers.entrySet()) {
      Answer answer = each.getValue();
      List<Endpoint> endpoints = new ArrayList<>();
      for (InetAddress address : answer.addresses()) {
        endpoints.add(Endpoint.of(address, port));
      }
      families.put(each.getKey(), new FamilyResult(answer.outcome(), endpoints, answer.degraded()));
      if (answer.outcome() == combined && answer.ttl() >= 0) {
        ttl = ttl < 0 ? answer.ttl() : Math.min(ttl, answer.ttl());
      }
    }
    return new ProbeResult(combined, families, ttl);
  }

  /** Makes a result of addresses that nobody was asked for, good for ten seconds. */
  static ProbeResult known(List<InetAddress> addresses, int port) {
    Map<Family, List<Endpoint>> endpoints = new EnumMap<>(Family.class);
    for (InetAddress address : addresses) {
      endpoints
          .computeIfAbsent(Family.of(address), family -> new ArrayList<>())
          .add(Endpoint.of(address, port));
    }
    return ofServices(endpoints, 10, false);
  }

  static ProbeResult ofServices(Map<Family, List<Endpoint>> endpoints, long ttl, boolean degraded) {
    Map<Family, FamilyResult> families = new EnumMap<>(Family.class);
    for (Family family : Family.values()) {
      List<Endpoint> found = endpoints.getOrDefault(family, List.of());
      Outcome outcome = found.isEmpty() ? Outcome.NODATA : Outcome.FOUND;
      families.put(family, new FamilyResult(outcome, found, degraded));
    }
    return new ProbeResult(Outcome.FOUND, families, ttl);
  }
}
