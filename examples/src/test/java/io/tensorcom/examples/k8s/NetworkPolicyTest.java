// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.tensorcom.examples.k8s.Policies.End;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What flows between the pods of the manifests, and others, where policies are enforced. */
final class NetworkPolicyTest {
  private static final Path K8S = Path.of(System.getProperty("tensorcom.root"), "examples/k8s");

  private final Map<String, End> ends = new HashMap<>();
  private final Policies policies;

  NetworkPolicyTest() throws IOException {
    List<HasMetadata> objects = Kustomization.render(K8S).stream().map(Strictly::read).toList();
    policies =
        new Policies(
            objects.stream()
                .filter(NetworkPolicy.class::isInstance)
                .map(NetworkPolicy.class::cast)
                .toList());
    for (HasMetadata object : objects) {
      if (object instanceof Deployment deployment) {
        add(object, deployment.getSpec().getTemplate());
      } else if (object instanceof Job job) {
        add(object, job.getSpec().getTemplate());
      }
    }
    ends.put("stranger", new End(Map.of("app", "other"), Policies.HERE, List.of()));
    ends.put("elsewhere", new End(Map.of("app", "prometheus"), "monitoring", List.of()));
    ends.put("openshift-dns", new End(Map.of(), "openshift-dns", List.of()));
    ends.put("outside", new End(null, "", List.of()));
  }

  private void add(HasMetadata object, PodTemplateSpec template) {
    End end =
        new End(
            template.getMetadata().getLabels(),
            Policies.HERE,
            template.getSpec().getContainers().get(0).getPorts());
    ends.put(object.getMetadata().getName(), end);
    // Of another tenant, who has copied the manifests.
    ends.put(
        "copied " + object.getMetadata().getName(), new End(end.labels(), "tenant", end.ports()));
  }

  private End end(String name) {
    return Objects.requireNonNull(ends.get(name), name);
  }

  @ParameterizedTest
  @CsvSource({
    "client, shards, TCP, 7880",
    "training, shards, TCP, 7880",
    "elsewhere, shards, TCP, 8080",
    "elsewhere, client, TCP, 8080",
    "elsewhere, training, TCP, 8080",
    "stranger, shards, TCP, 8080",
    "shards, elsewhere, UDP, 53",
    "shards, elsewhere, TCP, 53",
    "client, elsewhere, UDP, 53",
    "client, elsewhere, TCP, 53",
    "training, elsewhere, UDP, 53",
    "training, outside, TCP, 53",
    "shards, openshift-dns, UDP, 5353",
    "shards, openshift-dns, TCP, 5353",
    "client, openshift-dns, UDP, 5353",
    "training, openshift-dns, TCP, 5353",
    "shards, outside, TCP, 443",
  })
  void shouldLetThroughWhatTheToolsNeed(String from, String to, String protocol, int port) {
    assertThat(policies.allow(end(from), end(to), protocol, port)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "stranger, shards, TCP, 7880",
    "elsewhere, shards, TCP, 7880",
    "outside, shards, TCP, 7880",
    "copied client, shards, TCP, 7880",
    "client, copied shards, TCP, 7880",
    "client, shards, TCP, 22",
    "client, shards, UDP, 7880",
    "shards, client, TCP, 7880",
    "stranger, training, TCP, 7880",
    "client, outside, TCP, 443",
    "training, outside, TCP, 443",
    "shards, outside, TCP, 80",
    "shards, outside, UDP, 5353",
    "client, elsewhere, UDP, 5353",
    "client, openshift-dns, TCP, 22",
    "outside, training, TCP, 8080",
  })
  void shouldKeepOutWhatNobodyNeeds(String from, String to, String protocol, int port) {
    assertThat(policies.allow(end(from), end(to), protocol, port)).isFalse();
  }
}
