// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.util.List;
import java.util.Objects;

/**
 * All endpoints behind a name at one moment. Immutable.
 *
 * @param version grows with each snapshot of one watch
 * @param endpoints each address and port once, by priority, then IPv4 before IPv6, then address
 * @param degraded whether more endpoints may exist than could be learnt
 */
public record EndpointSnapshot(long version, List<Endpoint> endpoints, boolean degraded) {
  /** Copies the list. */
  public EndpointSnapshot {
    endpoints = List.copyOf(Objects.requireNonNull(endpoints, "endpoints"));
  }
}
