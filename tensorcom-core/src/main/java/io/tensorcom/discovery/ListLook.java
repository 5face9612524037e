// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One look after another at a list and its hosts. Confined to one thread at a time. */
final class ListLook implements ListWatch.Looks {
  private static final Logger LOG = LoggerFactory.getLogger(ListLook.class);

  /**
   * What a look came to.
   *
   * @param endpoints in order, or null if it failed and nothing was known
   * @param failure what went wrong, perhaps of some hosts only; null if nothing
   */
  record Outcome(
      @Nullable List<Endpoint> endpoints,
      DiscoveryException.@Nullable Reason reason,
      @Nullable String failure) {}

  private final EntrySource source;
  private final HostLookup hosts;
  private @Nullable List<HostPort> entries;
  private @Nullable String warned;

  ListLook(EntrySource source, HostLookup hosts) {
    this.source = source;
    this.hosts = hosts;
  }

  @Override
  public Duration interval() {
    return source.interval();
  }

  @Override
  public Outcome look(ServiceName name) {
    String problem = null;
    try {
      entries = source.entries(name);
    } catch (IOException e) {
      // What was known stays; of a file that is being written that is the rule.
      problem = String.valueOf(e.getMessage());
      warn(problem);
    }
    List<HostPort> list = entries;
    if (list == null) {
      return new Outcome(null, DiscoveryException.Reason.FAILED, problem);
    }
    if (problem == null) {
      warned = null;
    }
    return resolve(list, problem);
  }

  private Outcome resolve(List<HostPort> list, @Nullable String problem) {
    // By address and port, whatever the state.
    TreeSet<Endpoint> all = new TreeSet<>(Endpoint.ORDER);
    List<String> failures = new ArrayList<>();
    DiscoveryException.Reason reason = null;
    for (HostPort entry : list) {
      try {
        HostLookup.Found found = hosts.find(entry.host());
        Endpoint.State state =
            found.stale() || problem != null ? Endpoint.State.STALE : Endpoint.State.FRESH;
        found
            .addresses()
            .forEach(address -> all.add(Endpoint.of(address, entry.port()).withState(state)));
      } catch (HostLookup.LookupException e) {
        failures.add(e.getMessage());
        reason =
            e.reason() == DiscoveryException.Reason.FAILED || reason == null ? e.reason() : reason;
      }
    }
    if (problem != null) {
      failures.add(problem);
    }
    String failure = failures.isEmpty() ? null : String.join("; ", failures);
    // Nothing found because nobody could be asked is no fact; nothing found is one.
    boolean unknown = all.isEmpty() && reason != null;
    return new Outcome(unknown ? null : List.copyOf(all), reason, failure);
  }

  private void warn(String problem) {
    if (!problem.equals(warned)) {
      warned = problem;
      LOG.warn("discovery keeps what it knows: {}", problem);
    }
  }
}
