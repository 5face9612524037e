// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.tensorcom.TensorcomUrl;
import io.tensorcom.examples.k8s.Kustomization;
import io.tensorcom.examples.k8s.Strictly;
import io.tensorcom.examples.monitor.Tensormon;
import io.tensorcom.examples.serve.ServeImagenetShards;
import io.tensorcom.examples.training.Training;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What the tools themselves make of the commands and variables in the manifests. */
final class ManifestCommandsTest {
  private static final Path K8S = Path.of(System.getProperty("tensorcom.root"), "examples/k8s");

  /** They are for the script that starts a tool in the image. */
  private static final Set<String> OF_THE_IMAGE =
      Set.of("TENSORCOM_HEAP_PERCENT", "TENSORCOM_DIRECT_PERCENT");

  private static Callable<Integer> tool(String name) {
    return switch (name) {
      case "serve-imagenet-shards" -> new ServeImagenetShards();
      case "tensormon" -> new Tensormon();
      case "training" -> new Training();
      default -> throw new AssertionError("no tool of the manifests: " + name);
    };
  }

  private static List<Container> containers(String folder) throws IOException {
    return Kustomization.render(K8S.resolve(folder)).stream()
        .map(Strictly::read)
        .flatMap(each -> containers(each).stream())
        .toList();
  }

  private static List<Container> containers(HasMetadata object) {
    return object instanceof Pod pod
        ? pod.getSpec().getContainers()
        : object instanceof Deployment deployment
            ? deployment.getSpec().getTemplate().getSpec().getContainers()
            : object instanceof Job job
                ? job.getSpec().getTemplate().getSpec().getContainers()
                : List.of();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cpu", "autoscale", "slides"})
  void shouldBeUnderstoodWhenAContainerStarts(String folder) throws IOException {
    List<Container> containers = containers(folder);
    assertThat(containers).hasSize(3);
    for (Container container : containers) {
      List<String> command = container.getCommand();
      Map<String, String> variables = new HashMap<>();
      for (EnvVar each : container.getEnv()) {
        assertThat(variables.put(each.getName(), each.getValue())).as(each.getName()).isNull();
      }
      CommandLine line = Cli.commandLine(tool(command.get(0)), new Environment(variables));
      var unused = line.parseArgs(command.subList(1, command.size()).toArray(new String[0]));

      Set<String> known = new HashSet<>(OF_THE_IMAGE);
      line.getCommandSpec().args().forEach(arg -> known.add(Environment.nameOf(arg)));
      assertThat(known).containsAll(variables.keySet());
      line.getCommandSpec()
          .args()
          .forEach(
              arg -> {
                String value = variables.get(Environment.nameOf(arg));
                if (value != null) {
                  assertThat(String.valueOf(arg.<Object>getValue())).isEqualToIgnoringCase(value);
                }
              });
      assertNamed(container, "zmq", portOf(command));
    }
  }

  /** {@return the port that a tool binds, 0 if it connects} */
  private static int portOf(List<String> command) {
    TensorcomUrl url = TensorcomUrl.parse(command.get(command.size() - 1));
    return url.binds() ? Objects.requireNonNull(url.address()).port() : 0;
  }

  private static void assertNamed(Container container, String name, int port) {
    if (port > 0) {
      assertThat(container.getPorts())
          .filteredOn(each -> each.getName() == null || each.getName().equals(name))
          .map(each -> each.getContainerPort())
          .containsExactly(port);
    }
  }
}
