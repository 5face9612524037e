// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.k8s.explain.Outcome;
import java.util.List;

/**
 * What one family of a name has. Immutable.
 *
 * @param degraded whether there may be more endpoints than could be learnt
 */
public record FamilyResult(Outcome outcome, List<Endpoint> endpoints, boolean degraded) {
  /** Copies the list. */
  public FamilyResult {
    endpoints = List.copyOf(endpoints);
  }
}
