// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.tensorcom.examples.k8s.Kustomization;
import io.tensorcom.examples.k8s.Strictly;
import java.io.IOException;
import java.nio.file.Path;

/** What {@code kubectl apply -k} makes of the folders in {@code examples/k8s}. */
final class Manifests {
  private static final Path K8S = Path.of(System.getProperty("tensorcom.root"), "examples/k8s");

  private Manifests() {}

  private static HasMetadata object(String folder, String kind, String name) throws IOException {
    return Kustomization.render(K8S.resolve(folder)).stream()
        .map(Strictly::read)
        .filter(each -> each.getKind().equals(kind) && each.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  static PodManifest pod(String folder, String kind, String name) throws IOException {
    return PodManifest.of(object(folder, kind, name));
  }

  static Service service(String folder) throws IOException {
    return (Service) object(folder, "Service", "bigdata19");
  }
}
