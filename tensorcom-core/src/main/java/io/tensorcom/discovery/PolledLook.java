// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Somebody else's look, with a memory for when it fails. */
final class PolledLook implements ListWatch.Looks {
  private final EndpointLook look;
  private final Duration interval;
  private @Nullable List<Endpoint> known;

  PolledLook(EndpointLook look, Duration interval) {
    this.look = look;
    this.interval = interval;
  }

  @Override
  public Duration interval() {
    return interval;
  }

  @Override
  public ListLook.Outcome look(ServiceName name) {
    try {
      TreeSet<Endpoint> found = new TreeSet<>(Endpoint.ORDER);
      found.addAll(look.look(name));
      List<Endpoint> all = List.copyOf(found);
      known = all;
      return new ListLook.Outcome(all, null, null);
    } catch (DiscoveryException e) {
      return failed(e.reason(), e.getMessage());
    } catch (IOException | RuntimeException e) {
      return failed(DiscoveryException.Reason.FAILED, e.toString());
    }
  }

  private ListLook.Outcome failed(DiscoveryException.Reason reason, @Nullable String message) {
    List<Endpoint> before = known;
    if (before != null && reason != DiscoveryException.Reason.NOT_FOUND) {
      List<Endpoint> stale =
          before.stream().map(each -> each.withState(Endpoint.State.STALE)).toList();
      return new ListLook.Outcome(stale, reason, message);
    }
    return new ListLook.Outcome(null, reason, message);
  }
}
