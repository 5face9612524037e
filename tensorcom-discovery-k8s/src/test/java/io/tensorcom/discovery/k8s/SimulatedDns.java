// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.DiscoveryContext;
import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.EndpointListener;
import io.tensorcom.discovery.EndpointSnapshot;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.Watch;
import io.tensorcom.discovery.k8s.sim.FaultServers;
import io.tensorcom.discovery.k8s.sim.ManualThread;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A discovery in virtual time, and what it tells. */
final class SimulatedDns implements EndpointListener {
  static final String POD =
      """
      nameserver 10.0.0.1
      nameserver 10.0.0.2
      search default.svc.cluster.local svc.cluster.local cluster.local
      options ndots:5
      """;
  static final Duration DEADLINE = Duration.ofSeconds(5);

  final ManualThread thread = new ManualThread();
  final FaultServers servers = new FaultServers(thread);
  final Path resolvConf;
  final DnsDiscovery discovery;
  final List<EndpointSnapshot> snapshots = new ArrayList<>();
  final List<DiscoveryException> errors = new ArrayList<>();

  SimulatedDns(Path folder, String resolvConfText) {
    this(folder, resolvConfText, AddressFamily.BOTH, settings -> settings);
  }

  SimulatedDns(
      Path folder,
      String resolvConfText,
      AddressFamily family,
      UnaryOperator<DnsSettings> settings) {
    this.resolvConf = folder.resolve("resolv.conf");
    try {
      Files.writeString(resolvConf, resolvConfText);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    DnsSettings base = DnsSettings.DEFAULT.withResolvConf(resolvConf).withSeed(42);
    this.discovery =
        DnsDiscovery.open(
            settings.apply(base), new DiscoveryContext(thread, "", family), thread, servers);
  }

  Watch watch(String host) {
    return watch(ServiceName.of(host, 7880));
  }

  Watch watch(ServiceName name) {
    Watch watch = discovery.watch(name, DEADLINE, this);
    thread.settle();
    return watch;
  }

  @Override
  public void onSnapshot(EndpointSnapshot snapshot) {
    snapshots.add(snapshot);
  }

  @Override
  public void onError(DiscoveryException failure) {
    errors.add(failure);
  }

  EndpointSnapshot last() {
    return snapshots.get(snapshots.size() - 1);
  }

  /** {@return the endpoints of the last snapshot, as text} */
  List<String> endpoints() {
    return last().endpoints().stream().map(Object::toString).toList();
  }

  /** {@return the endpoints of the last snapshot with their states} */
  List<String> states() {
    return last().endpoints().stream().map(each -> each + " " + each.state()).toList();
  }

  void advance(Duration span) {
    thread.advance(span);
  }
}
