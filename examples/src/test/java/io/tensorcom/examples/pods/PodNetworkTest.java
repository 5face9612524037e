// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

@EnabledIf("io.tensorcom.examples.pods.PodNetwork#isAvailable")
@Timeout(60)
final class PodNetworkTest {
  private static final PodManifest SHARDS =
      new PodManifest(
          Map.of("app", "bigdata19"), "shards", "bigdata19", List.of("cat"), Map.of(), 1 << 30);

  @Test
  void shouldGiveEachPodWhatKubernetesDoesWhenTwoNetworksAreSideBySide(@TempDir Path folder)
      throws IOException, InterruptedException {
    try (PodNetwork network = PodNetwork.start(folder.resolve("a"));
        PodNetwork other = PodNetwork.start(folder.resolve("b"))) {
      TestPod first = network.add(SHARDS);
      TestPod second = network.add(SHARDS);
      TestPod stranger = other.add(SHARDS);
      assertThat(stranger.address()).isEqualTo(first.address()).isEqualTo("10.0.1.149");

      assertThat(second.exec("hostname")).containsExactly("shards");
      assertThat(second.exec("cat", "/etc/resolv.conf"))
          .containsExactly(
              "nameserver 10.64.0.10",
              "search default.svc.cluster.local svc.cluster.local cluster.local",
              "options ndots:5");
      assertThat(second.exec("cat", "/etc/hosts"))
          .contains("10.0.1.150\tshards.bigdata19.default.svc.cluster.local\tshards");
      assertThat(second.exec("cat", "/sys/fs/cgroup/memory.max")).containsExactly("1073741824");
      assertThat(second.exec("sh", "-c", "id -u; echo $$; touch /usr/x || touch /tmp/x"))
          .startsWith("10001", "1");
      assertThat(second.exec("getent", "ahostsv4", "kubernetes.default.svc.cluster.local."))
          .isNotEmpty()
          .allMatch(line -> line.startsWith("10.96.0.1 "));
      assertThat(connect(second, first.address())).contains("Connection refused");
      assertThat(connect(stranger, second.address())).contains("No route to host");
    }
  }

  private static String connect(TestPod from, String address)
      throws IOException, InterruptedException {
    String line = "exec 3<>/dev/tcp/" + address + "/9 || true";
    return String.join("\n", from.exec("bash", "-c", line));
  }

  @Test
  void shouldEndAllThatRunsInThePodsWhenClosed(@TempDir Path folder)
      throws IOException, InterruptedException {
    ProcessHandle sandbox;
    Container container;
    try (PodNetwork network = PodNetwork.start(folder)) {
      TestPod pod = network.add(SHARDS);
      container = pod.start(List.of("sh", "-c", "trap '' TERM; echo up; sleep 1000"));
      container.await("sign of life", "up"::equals);
      sandbox = ProcessHandle.of(pod.sandbox().pid()).orElseThrow();
      assertThat(sandbox.isAlive()).isTrue();
    }
    sandbox.onExit().join();
    assertThat(container.awaitEnd()).isNotZero();
  }
}
