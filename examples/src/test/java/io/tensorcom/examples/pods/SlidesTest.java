// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** The slides, from top to bottom, on a network of pods. */
@EnabledIf("io.tensorcom.examples.pods.PodNetwork#isAvailable")
@Timeout(180)
@SuppressWarnings("NullAway.Init") // Before each test.
final class SlidesTest {

  private PodNetwork network;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException, InterruptedException {
    network = PodNetwork.start(folder.resolve("network"));
    network.mount(NumberedShards.write(folder.resolve("shards")), NumberedShards.FOLDER);
  }

  @AfterEach
  void stop() {
    network.close();
  }

  @Test
  void shouldServeResolveMonitorAndTrainWhenTheSlidesAreApplied()
      throws IOException, InterruptedException {
    HeadlessService service = new HeadlessService(Manifests.service("slides"), network.dns());
    TestPod shards = network.add(NumberedShards.servedBy(Manifests.pod("slides", "Pod", "shards")));
    Container serving = shards.start();
    serving.await("serving", "serving zpub://0.0.0.0:7880"::equals);
    service.ready(shards);

    List<String> resolved = shards.exec("tensorcom-resolve", "shards.bigdata19");
    assertThat(resolved)
        .anyMatch(line -> line.contains("shards.bigdata19.default.svc.cluster.local"))
        .anyMatch(line -> line.contains("10.0.1.149:7880"));

    TestPod client = network.add(Manifests.pod("slides", "Pod", "client"));
    Container monitoring = client.start();
    service.ready(client);
    monitoring.await("connected", "connected"::equals);
    monitoring.await(
        "a report", line -> line.contains("batches/s") && line.contains("(batchsize: 96)"));

    // The client has the service's label, too: the name of the service leads to who does not serve.
    Container both =
        shards.start(List.of("tensormon", "-v", "-c", "5", "zsub://bigdata19:7880?timeout=30s"));
    both.await("unreachable", line -> line.startsWith("endpoint unreachable: 10.0.1.150:7880: "));
    assertThat(both.awaitEnd()).isZero();
    assertThat(both.log()).anyMatch(line -> line.startsWith("total: 5 batches, "));

    // The GPU of the slides is missing: the engine takes the processor.
    Container training = network.add(Manifests.pod("slides", "Job", "myjob")).start();
    training.await("network", "creating resnet50"::equals);
    training.await("step", line -> line.matches(" +96 bs +96 per sample loss .*"));
    training.terminate();
    training.awaitEnd();
    assertThat(training.log()).anyMatch(line -> line.matches("trained: \\d+ steps, .*"));

    serving.terminate();
    assertThat(serving.awaitEnd()).isEqualTo(Container.SIGTERM);
    assertThat(serving.log()).last().asString().matches("sent \\d+ batches");
    monitoring.terminate();
    monitoring.awaitEnd();
    assertThat(monitoring.log())
        .anyMatch(line -> line.matches("lost 0 of \\d+ from 10.0.1.149:7880.*"))
        .anyMatch(line -> line.matches("total: \\d+ batches, .*"));
  }
}
