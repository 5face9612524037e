// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.tensorcom.testkit.KnotServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A headless service, as Kubernetes puts it into DNS: an address for each pod that is ready and
 * selected, and ports where they have names. Not thread-safe.
 */
final class HeadlessService {
  /** How long answers may be kept: CoreDNS says 5 here, kubeadm 30. */
  static final int TTL_SECONDS = 2;

  private final Service service;
  private final KnotServer dns;
  private final List<TestPod> listed = new ArrayList<>();

  HeadlessService(Service service, KnotServer dns) {
    this.service = service;
    this.dns = dns;
  }

  private String zone() {
    return service.getMetadata().getName() + ".default.svc.cluster.local.";
  }

  /** Lists pods that have become ready; those that the service does not select stay out. */
  void ready(TestPod... pods) throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>();
    for (TestPod pod : pods) {
      if (pod.manifest()
          .labels()
          .entrySet()
          .containsAll(service.getSpec().getSelector().entrySet())) {
        addresses(pod).forEach(each -> lines.add("add " + each.replaceFirst(" ", ttl())));
        ports(pod).forEach(each -> lines.add("add " + each.replaceFirst(" ", ttl())));
        listed.add(pod);
      }
    }
    dns.update(lines.toArray(new String[0]));
  }

  /** Takes pods out that are ending, or no longer ready. */
  void gone(TestPod... pods) throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>();
    for (TestPod pod : pods) {
      if (listed.remove(pod)) {
        addresses(pod).forEach(each -> lines.add("del " + each));
        boolean others =
            listed.stream().anyMatch(each -> Objects.equals(target(each), target(pod)));
        if (!others) {
          ports(pod).forEach(each -> lines.add("del " + each));
        }
      }
    }
    dns.update(lines.toArray(new String[0]));
  }

  private static String ttl() {
    return " " + TTL_SECONDS + " ";
  }

  private String target(TestPod pod) {
    PodManifest manifest = pod.manifest();
    boolean named = manifest.subdomain().equals(service.getMetadata().getName());
    return (named ? manifest.hostname() : pod.address().replace('.', '-')) + "." + zone();
  }

  private List<String> addresses(TestPod pod) {
    return List.of(zone() + " A " + pod.address(), target(pod) + " A " + pod.address());
  }

  private List<String> ports(TestPod pod) {
    List<String> records = new ArrayList<>();
    for (ServicePort port : service.getSpec().getPorts()) {
      if (port.getName() != null) {
        records.add(
            "_%s._tcp.%s SRV 0 100 %d %s"
                .formatted(port.getName(), zone(), port.getPort(), target(pod)));
      }
    }
    return records;
  }
}
