// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.EndpointSnapshot;
import io.tensorcom.discovery.k8s.explain.Outcome;
import io.tensorcom.discovery.k8s.look.Family;
import io.tensorcom.discovery.k8s.look.FamilyResult;
import io.tensorcom.discovery.k8s.look.LookResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is believed of a name after all looks so far.
 *
 * <p>Each family is judged apart: a failure keeps its endpoints, an answer replaces them, a
 * truncated answer only adds. All gone is believed when it has been said twice, a second apart.
 * Without thread or clock; confined to one thread.
 */
final class WatchState {
  /** What a look has told. */
  enum Verdict {
    /** There are endpoints. */
    FOUND,
    /** That there are none was said, and is to be confirmed. */
    UNCONFIRMED,
    /** There are none. */
    EMPTY,
    /** Nothing was learnt. */
    FAILED
  }

  private final AddressFamily policy;
  private final long maxStaleNanos;
  private final Map<Family, List<Endpoint>> families = new EnumMap<>(Family.class);
  private long freshAt;
  private long emptySince;
  private boolean emptySeen;
  private final Set<Family> degraded = EnumSet.noneOf(Family.class);
  private boolean told;
  private long version;
  private List<Endpoint> current = List.of();
  private boolean currentDegraded;

  WatchState(AddressFamily policy, Duration maxStale) {
    this.policy = policy;
    this.maxStaleNanos = TimeUnit.NANOSECONDS.convert(maxStale);
  }

  /**
   * Takes in a look.
   *
   * @param gone whether it is a fact that the endpoints known so far are no more
   */
  Verdict apply(LookResult look, boolean gone, long now) {
    if (look.outcome() == Outcome.FOUND) {
      emptySeen = false;
      freshAt = now;
      degraded.clear();
      look.families().forEach(this::apply);
      return Verdict.FOUND;
    }
    if (!gone) {
      boolean expired = now - freshAt >= maxStaleNanos;
      mark(expired ? Endpoint.State.EXPIRED : Endpoint.State.STALE);
      return Verdict.FAILED;
    }
    if (!hasEndpoints()) {
      return Verdict.EMPTY;
    }
    if (!emptySeen || now - emptySince < Duration.ofSeconds(1).toNanos()) {
      emptySince = emptySeen ? emptySince : now;
      emptySeen = true;
      return Verdict.UNCONFIRMED;
    }
    emptySeen = false;
    families.clear();
    return Verdict.EMPTY;
  }

  private void apply(Family family, FamilyResult result) {
    if (result.outcome() == Outcome.FOUND) {
      List<Endpoint> endpoints = new ArrayList<>(result.endpoints());
      if (result.degraded()) {
        degraded.add(family);
        known(family).stream()
            .filter(old -> endpoints.stream().noneMatch(old::isSamePlace))
            .forEach(endpoints::add);
      }
      families.put(family, endpoints);
    } else if (result.outcome().isEmpty()) {
      families.remove(family);
    } else {
      families.computeIfPresent(family, (key, endpoints) -> in(Endpoint.State.STALE, endpoints));
    }
  }

  private void mark(Endpoint.State state) {
    families.replaceAll((family, endpoints) -> in(state, endpoints));
  }

  private static List<Endpoint> in(Endpoint.State state, List<Endpoint> endpoints) {
    return endpoints.stream().map(endpoint -> endpoint.withState(state)).toList();
  }

  private List<Endpoint> known(Family family) {
    return families.getOrDefault(family, List.of());
  }

  boolean hasEndpoints() {
    return !used().isEmpty();
  }

  private Set<Family> usedFamilies() {
    return switch (policy) {
      case IPV4 -> EnumSet.of(Family.IPV4);
      case IPV6 -> EnumSet.of(Family.IPV6);
      case BOTH -> EnumSet.allOf(Family.class);
      case AUTO -> EnumSet.of(known(Family.IPV4).isEmpty() ? Family.IPV6 : Family.IPV4);
    };
  }

  /** {@return the endpoints of the families that are used} */
  List<Endpoint> used() {
    List<Endpoint> unique = new ArrayList<>();
    usedFamilies().stream()
        .flatMap(family -> known(family).stream())
        .sorted(Endpoint.ORDER)
        .filter(each -> unique.isEmpty() || !unique.get(unique.size() - 1).isSamePlace(each))
        .forEach(unique::add);
    return unique;
  }

  /** {@return the endpoints of the last snapshot} */
  List<Endpoint> told() {
    return current;
  }

  /** {@return a snapshot if it is the first or differs from the one before, else null} */
  @Nullable EndpointSnapshot changed() {
    List<Endpoint> now = used();
    boolean degradedNow = isDegraded();
    if (told && now.equals(current) && degradedNow == currentDegraded) {
      return null;
    }
    told = true;
    current = now;
    currentDegraded = degradedNow;
    return new EndpointSnapshot(++version, now, degradedNow);
  }

  /** {@return how many of the endpoints in use could not be confirmed by the last look} */
  long unconfirmed() {
    return used().stream().filter(each -> each.state() != Endpoint.State.FRESH).count();
  }

  /** {@return whether a snapshot has been told} */
  boolean hasTold() {
    return told;
  }

  boolean isDegraded() {
    return usedFamilies().stream().anyMatch(degraded::contains);
  }
}
