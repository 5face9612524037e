// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import io.tensorcom.discovery.k8s.explain.Attempt;
import io.tensorcom.discovery.k8s.explain.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;

/**
 * What one look at a name found. Immutable.
 *
 * @param outcome FOUND; NXDOMAIN or NODATA when all that was tried is not there; else the failure
 * @param ambiguous whether a name tried before the chosen one, or before the end, failed instead of
 *     being denied: it might have had endpoints
 * @param families what each family of the chosen name has
 * @param ttl the lowest of the answers used, in seconds; -1 if unknown
 * @param candidates all names that would have been tried
 * @param tried what became of those that were tried
 * @param chosen the one that had endpoints, or null
 * @param attempts the queries, in the order they ended
 * @param deadlinePassed whether the time was over before all was answered
 */
public record LookResult(
    Outcome outcome,
    boolean ambiguous,
    Map<Family, FamilyResult> families,
    long ttl,
    List<Name> candidates,
    Map<Name, Outcome> tried,
    @Nullable Name chosen,
    List<Attempt> attempts,
    Duration elapsed,
    boolean deadlinePassed) {
  /** Copies the collections. */
  public LookResult {
    families = Map.copyOf(families);
    candidates = List.copyOf(candidates);
    tried = Map.copyOf(tried);
    attempts = List.copyOf(attempts);
  }

  /** {@return whether it is a fact that there are no endpoints} */
  public boolean isDefinitelyEmpty() {
    return outcome.isEmpty() && !ambiguous;
  }

  /** {@return whether it is a fact that this candidate has no endpoints} */
  public boolean denies(Name candidate) {
    Outcome told = tried.get(candidate);
    return told != null && told.isEmpty();
  }

  /** {@return the same look, of which nothing is believed because of this failure} */
  public LookResult asFailed(Outcome failure) {
    return new LookResult(
        failure, true, Map.of(), -1, candidates, tried, null, attempts, elapsed, deadlinePassed);
  }
}
