// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.k8s.explain.Outcome;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import org.xbill.DNS.Name;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Type;

/**
 * The endpoints of one full service name (RFC 2782): SRV records, then the addresses of their
 * targets, from the same answer where they came along, else asked for, sixteen at a time. A single
 * target {@code .} says that the service is decidedly not there. Confined to one thread.
 */
final class ServiceProbe {
  private static final int MAX_SIDE_BY_SIDE = 16;

  private final LookContext context;
  private final AddressFamily policy;
  private final Consumer<ProbeResult> whenDone;
  private final Map<Name, List<InetAddress>> addresses = new HashMap<>();
  private final Map<Family, Outcome> failures = new EnumMap<>(Family.class);
  private final Queue<Name> missing = new ArrayDeque<>();
  private final List<AddressProbe> probes = new ArrayList<>();
  private Answer services = Answer.failed(Outcome.TIMEOUT);
  private final QuestionRun run;
  private long ttl;
  private int open;
  private boolean done;

  ServiceProbe(
      LookContext context, Name name, AddressFamily policy, Consumer<ProbeResult> whenDone) {
    this.context = context;
    this.policy = policy;
    this.whenDone = whenDone;
    this.run = new QuestionRun(context, name, Type.SRV, this::onServices);
  }

  void start() {
    run.start();
  }

  private void onServices(Answer answer) {
    services = answer;
    ttl = answer.ttl();
    boolean none =
        answer.services().size() == 1 && answer.services().get(0).getTarget().equals(Name.root);
    if (answer.outcome() != Outcome.FOUND || none) {
      finish(ProbeResult.without(none ? Outcome.NODATA : answer.outcome(), answer.ttl()));
      return;
    }
    takeGlue();
    askOn();
  }

  private void takeGlue() {
    Set<Name> targets = new LinkedHashSet<>();
    services.services().forEach(service -> targets.add(service.getTarget()));
    for (Name target : targets) {
      List<InetAddress> glue = services.glue().getOrDefault(target, List.of());
      addresses.put(target, new ArrayList<>(glue));
      if (!wanted(glue).isEmpty()) {
        missing.add(target);
      }
    }
  }

  private Set<Family> wanted() {
    return Family.wanted(policy, context.conf().noIpv6());
  }

  /** {@return the families that the addresses at hand leave open} */
  private Set<Family> wanted(List<InetAddress> glue) {
    Set<Family> wanted = wanted();
    glue.forEach(address -> wanted.remove(Family.of(address)));
    boolean ipv4 = glue.stream().anyMatch(address -> Family.of(address) == Family.IPV4);
    // CoreDNS sends all glue or none: where A came along, a missing AAAA means there is none.
    return ipv4 && policy != AddressFamily.IPV6 ? EnumSet.noneOf(Family.class) : wanted;
  }

  private void askOn() {
    while (open < MAX_SIDE_BY_SIDE && !missing.isEmpty()) {
      Name target = missing.remove();
      List<InetAddress> known = addresses.getOrDefault(target, List.of());
      AddressProbe probe =
          new AddressProbe(context, target, wanted(known), answers -> onTarget(target, answers));
      probes.add(probe);
      open++;
      probe.start();
    }
    if (open == 0 && !done) {
      finish(result());
    }
  }

  private void onTarget(Name target, Map<Family, Answer> answers) {
    open--;
    List<InetAddress> known = addresses.computeIfAbsent(target, key -> new ArrayList<>());
    answers.forEach(
        (family, answer) -> {
          known.addAll(answer.addresses());
          ttl = answer.ttl() < 0 ? ttl : Math.min(ttl, answer.ttl());
          if (!answer.outcome().isDefinite()) {
            failures.put(family, answer.outcome());
          } else if (answer.degraded()) {
            failures.putIfAbsent(family, Outcome.TRUNCATED);
          }
        });
    askOn();
  }

  private ProbeResult result() {
    Map<Family, FamilyResult> families = new EnumMap<>(Family.class);
    for (Family family : wanted()) {
      List<Endpoint> endpoints = endpoints(family);
      Outcome missed = failures.get(family);
      if (missed == null && services.degraded()) {
        missed = Outcome.TRUNCATED;
      }
      // None of a family is a fact only if all of its questions were answered.
      Outcome none = missed == null ? Outcome.NODATA : missed;
      families.put(
          family,
          new FamilyResult(endpoints.isEmpty() ? none : Outcome.FOUND, endpoints, missed != null));
    }
    return ProbeResult.ofFamilies(families, ttl);
  }

  private List<Endpoint> endpoints(Family family) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (SRVRecord service : services.services()) {
      for (InetAddress address : addresses.getOrDefault(service.getTarget(), List.of())) {
        if (service.getPort() > 0 && Family.of(address) == family) {
          endpoints.add(
              new Endpoint(
                  address,
                  service.getPort(),
                  service.getPriority(),
                  service.getWeight(),
                  Endpoint.State.FRESH));
        }
      }
    }
    return endpoints;
  }

  private void finish(ProbeResult result) {
    cancel();
    whenDone.accept(result);
  }

  /** Ends with what there is. */
  void giveUp() {
    if (done) {
      return;
    }
    if (services.outcome() != Outcome.FOUND) {
      Answer cut = run.giveUp();
      if (cut == null || cut.services().isEmpty()) {
        finish(ProbeResult.without(Outcome.TIMEOUT, -1));
      } else {
        services = cut;
        ttl = cut.ttl();
        takeGlue();
        finish(result());
      }
      return;
    }
    if (!missing.isEmpty()) {
      missing.clear();
      wanted().forEach(family -> failures.put(family, Outcome.TIMEOUT));
    }
    // The last of them ends this one, too.
    List.copyOf(probes).forEach(AddressProbe::giveUp);
  }

  void cancel() {
    done = true;
    run.cancel();
    probes.forEach(AddressProbe::cancel);
  }
}
