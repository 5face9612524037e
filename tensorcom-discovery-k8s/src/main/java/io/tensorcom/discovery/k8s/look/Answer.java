// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import io.tensorcom.discovery.k8s.explain.Outcome;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;
import org.xbill.DNS.SRVRecord;

/**
 * What is known after one question. Immutable.
 *
 * @param addresses of an A or AAAA question
 * @param services of an SRV question
 * @param glue addresses that came along with the services, by owner
 * @param ttl the lowest of the chain, in seconds; of a negative answer by RFC 2308; -1 if unknown
 * @param alias where the chain of aliases ends without an answer, so that it must be asked for
 * @param degraded whether records are missing because the answer was cut short
 */
record Answer(
    Outcome outcome,
    List<InetAddress> addresses,
    List<SRVRecord> services,
    Map<Name, List<InetAddress>> glue,
    long ttl,
    @Nullable Name alias,
    boolean degraded) {
  Answer {
    addresses = List.copyOf(addresses);
    services = List.copyOf(services);
    glue = Map.copyOf(glue);
  }

  static Answer of(Outcome outcome, long ttl) {
    return new Answer(outcome, List.of(), List.of(), Map.of(), ttl, null, false);
  }

  static Answer failed(Outcome outcome) {
    return of(outcome, -1);
  }

  int records() {
    return addresses.size() + services.size();
  }

  Answer cutShort() {
    return outcome == Outcome.FOUND
        ? new Answer(outcome, addresses, services, glue, ttl, alias, true)
        : failed(Outcome.TRUNCATED);
  }
}
