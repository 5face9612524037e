// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.DiscoveryThread;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.k8s.conf.HostsFile;
import io.tensorcom.discovery.k8s.conf.ResolvConf;
import io.tensorcom.discovery.k8s.conf.ResolvConfFile;
import io.tensorcom.discovery.k8s.explain.Explanation;
import io.tensorcom.discovery.k8s.look.DnsMetrics;
import io.tensorcom.discovery.k8s.look.Family;
import io.tensorcom.discovery.k8s.look.Look;
import io.tensorcom.discovery.k8s.look.LookResult;
import io.tensorcom.discovery.k8s.look.ServerBook;
import io.tensorcom.discovery.k8s.net.Exchange;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;

/** What the names of one discovery share: configuration, servers, sockets. On the DNS thread. */
final class Resolver {
  private final DnsSettings settings;
  private final AddressFamily family;
  private final DiscoveryThread thread;
  private final Exchange exchange;
  private final ResolvConfFile file;
  private final ServerBook servers = new ServerBook();
  private final DnsMetrics metrics = new DnsMetrics();

  Resolver(
      DnsSettings settings,
      AddressFamily family,
      DiscoveryThread thread,
      Exchange exchange,
      ResolvConfFile file) {
    this.settings = settings;
    this.family = family;
    this.thread = thread;
    this.exchange = exchange;
    this.file = file;
  }

  DnsSettings settings() {
    return settings;
  }

  AddressFamily family() {
    return family;
  }

  DiscoveryThread thread() {
    return thread;
  }

  DnsMetrics metrics() {
    return metrics;
  }

  /** Prepares a look; the configuration is read again if its file has changed. */
  Look look(
      ServiceName name, @Nullable Name pin, Duration deadline, Consumer<LookResult> whenDone) {
    ResolvConf conf = settings.apply(file.current());
    metrics.add("event.CONFIG_CHANGED", file.takeChanges());
    Look.Plan plan = Look.Plan.of(name, conf, family, settings.rules(), settings.strict());
    Path hosts = settings.hosts();
    if (hosts != null && !name.usesServiceRecords()) {
      plan =
          plan.withKnown(
              HostsFile.addresses(hosts, name.host()), Family.wanted(family, conf.noIpv6()));
    }
    return new Look(
        thread,
        exchange,
        conf,
        servers,
        metrics,
        pin == null ? plan : plan.pinnedTo(pin),
        deadline,
        whenDone);
  }

  Explanation explain(
      ServiceName name, LookResult result, List<Endpoint> endpoints, boolean degraded) {
    ResolvConf conf = settings.apply(file.current());
    Name chosen = result.chosen();
    return new Explanation(
        name.toString(),
        settings.server() == null ? file.path().toString() : file.path() + " and another server",
        conf.describe(),
        result.candidates().stream().map(Name::toString).toList(),
        result.attempts(),
        chosen == null ? null : chosen.toString(),
        result.outcome(),
        result.ambiguous(),
        degraded,
        endpoints,
        result.elapsed(),
        Hints.of(name, conf, result));
  }
}
