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
    Map<Family, FamilyResult> families = new EnumMap<>(Family.class);
    for (Family family : Family.values()) {
      List<Endpoint> endpoints =
          addresses.stream()
              .filter(address -> Family.of(address) == family)
              .map(address -> Endpoint.of(address, port))
              .toList();
      Outcome outcome = endpoints.isEmpty() ? Outcome.NODATA : Outcome.FOUND;
      families.put(family, new FamilyResult(outcome, endpoints, false));
    }
    return new ProbeResult(Outcome.FOUND, families, 10);
  }

  /** Makes a result of families, each of which has been judged. */
  static ProbeResult ofFamilies(Map<Family, FamilyResult> families, long ttl) {
    Outcome combined =
        AddressProbe.combined(families.values().stream().map(FamilyResult::outcome).toList());
    return combined == Outcome.FOUND
        ? new ProbeResult(combined, families, ttl)
        : without(combined, ttl);
  }
}
