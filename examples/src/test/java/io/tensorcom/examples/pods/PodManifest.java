// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the manifests say of a pod with one container. Immutable.
 *
 * @param hostname as {@code hostname}, else the pod's name
 * @param subdomain empty if it has none
 * @param command with its arguments
 * @param memory the limit in bytes, 0 if there is none
 */
record PodManifest(
    Map<String, String> labels,
    String hostname,
    String subdomain,
    List<String> command,
    Map<String, String> environment,
    long memory) {
  PodManifest {
    labels = Map.copyOf(labels);
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }

  /** Reads a pod, or the template of what makes pods. */
  static PodManifest of(HasMetadata object) {
    if (object instanceof Pod pod) {
      return of(pod.getMetadata().getLabels(), pod.getMetadata().getName(), pod.getSpec());
    }
    PodTemplateSpec template =
        object instanceof Deployment deployment
            ? deployment.getSpec().getTemplate()
            : ((Job) object).getSpec().getTemplate();
    Map<String, String> labels =
        template.getMetadata() == null ? Map.of() : template.getMetadata().getLabels();
    return of(labels, object.getMetadata().getName() + "-x7k2p", template.getSpec());
  }

  private static PodManifest of(Map<String, String> labels, String name, PodSpec spec) {
    var container = spec.getContainers().get(0);
    List<String> command = new ArrayList<>(container.getCommand());
    command.addAll(container.getArgs());
    Map<String, String> environment = new HashMap<>();
    for (EnvVar variable : container.getEnv()) {
      environment.put(variable.getName(), variable.getValue());
    }
    Quantity limit =
        container.getResources() == null || container.getResources().getLimits() == null
            ? null
            : container.getResources().getLimits().get("memory");
    return new PodManifest(
        labels,
        orElse(spec.getHostname(), name),
        orElse(spec.getSubdomain(), ""),
        command,
        environment,
        limit == null ? 0 : limit.getNumericalAmount().longValueExact());
  }

  private static String orElse(@Nullable String text, String other) {
    return text == null ? other : text;
  }

  /** {@return a copy with one more variable} */
  PodManifest with(String variable, String value) {
    Map<String, String> more = new HashMap<>(environment);
    more.put(variable, value);
    return new PodManifest(labels, hostname, subdomain, command, more, memory);
  }

  /** {@return a copy whose command has one more argument} */
  PodManifest withArgument(String argument) {
    List<String> more = new ArrayList<>(command);
    more.add(argument);
    return new PodManifest(labels, hostname, subdomain, more, environment, memory);
  }

  /** {@return the name that kubelet gives the pod, in namespace default} */
  String fullName() {
    return subdomain.isEmpty()
        ? hostname
        : hostname + "." + subdomain + ".default.svc.cluster.local";
  }
}
