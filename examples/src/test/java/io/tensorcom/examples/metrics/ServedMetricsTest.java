// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tensorcom.examples.monitor.Tensormon;
import io.tensorcom.examples.serve.ServeImagenetShards;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** A server and a monitor, as manifests start them, and what is asked of them over HTTP. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class ServedMetricsTest {
  private static final Path EXAMPLES = Path.of(System.getProperty("tensorcom.root"), "examples");
  private static final Pattern METRIC =
      Pattern.compile("\\b(?:tensorcom|jvm|process|system)_[a-z0-9_]+");

  private ServedTool server;
  private ServedTool monitor;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    server =
        new ServedTool(
            ServeImagenetShards.class,
            Map.of(
                "TENSORCOM_LOG_FORMAT", "json", "TENSORCOM_BATCH", "7", "TENSORCOM_THREADS", "1"),
            "zpub://127.0.0.1:0");
    String line = server.awaitLine(each -> each.contains("serving zpub"));
    assertThat(new ObjectMapper().readTree(line).get("logger").asText())
        .isEqualTo("serve-imagenet-shards");
    String url = line.replaceAll(".*zpub(://127.0.0.1:\\d+).*", "zsub$1");
    monitor = new ServedTool(Tensormon.class, Map.of("TENSORCOM_URL", url));
    // As the environment says: seven images a batch.
    var unused = monitor.awaitLine(each -> each.contains("(batchsize: 7)"));
  }

  @AfterAll
  void stop() {
    monitor.close();
    server.close();
  }

  @Test
  void shouldShowEachPeerWhenScraped() throws IOException, InterruptedException {
    monitor.await(
        line ->
            line.matches(
                "tensorcom_peer_batches_total\\{peer=\"tcp://127.0.0.1:\\d+\",role=\"receiver\","
                    + "socket=\"tensormon\",tool=\"tensormon\"} [1-9].*"));
    server.await(
        line ->
            line.matches(
                "tensorcom_peer_data_bytes_total\\{peer=\"tcp://127.0.0.1\",role=\"sender\","
                    + "socket=\"0\",tool=\"serve-imagenet-shards\"} [1-9].*"));
    server.await(
        line ->
            line.matches("tensorcom_stage_samples_total\\{stage=\"decode\",tool=\".*\"} [1-9].*"));
  }

  @Test
  void shouldBeReadyWhenBoundOrConnected() throws IOException, InterruptedException {
    for (ServedTool tool : Set.of(server, monitor)) {
      assertThat(tool.get("/readyz").body()).isEqualTo("ready\n");
      assertThat(tool.get("/readyz").statusCode()).isEqualTo(200);
      assertThat(tool.get("/healthz").statusCode()).isEqualTo(200);
      assertThat(tool.get("/metricsX").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void shouldNotBeReadyWhenNobodyIsConnected() throws IOException, InterruptedException {
    try (ServedTool alone =
        new ServedTool(Tensormon.class, Map.of("TENSORCOM_URL", "zsub://127.0.0.1:9"))) {
      assertThat(alone.get("/readyz").statusCode()).isEqualTo(503);
      assertThat(alone.get("/healthz").statusCode()).isEqualTo(200);
    }
  }

  private Set<String> served() throws IOException, InterruptedException {
    Set<String> names = new TreeSet<>(server.names());
    names.addAll(monitor.names());
    // There is one for each reason, from the first connection on that was closed for it.
    names.add("tensorcom_connections_closed_total");
    return names;
  }

  private static Set<String> metricsIn(String text) {
    Set<String> names = new TreeSet<>();
    METRIC.matcher(text).results().map(MatchResult::group).forEach(names::add);
    return names;
  }

  @Test
  void shouldExistWhenTheDashboardOrARuleNamesAMetric() throws IOException, InterruptedException {
    StringBuilder expressions = new StringBuilder();
    JsonNode dashboard =
        new ObjectMapper().readTree(EXAMPLES.resolve("k8s/monitoring/dashboard.json").toFile());
    assertThat(dashboard.get("panels")).hasSizeGreaterThan(10);
    dashboard.findValuesAsText("expr").forEach(each -> expressions.append(each).append('\n'));
    dashboard.findValuesAsText("query").forEach(each -> expressions.append(each).append('\n'));
    Set<String> drawn = metricsIn(expressions.toString());
    Set<String> watched =
        metricsIn(Files.readString(EXAMPLES.resolve("k8s/monitoring/alerts.yaml")));
    String rule = Files.readString(EXAMPLES.resolve("k8s/autoscale/metrics-adapter-rule.yaml"));

    assertThat(served()).containsAll(drawn).containsAll(watched);
    assertThat(drawn).hasSizeGreaterThan(20);
    assertThat(watched).hasSizeGreaterThan(5);
    assertThat(metricsIn(rule))
        .containsExactly("tensorcom_stall_seconds_total", "tensorcom_training_stall_ratio");
  }

  @Test
  void shouldBeDocumentedWhenServed() throws IOException, InterruptedException {
    Set<String> documented =
        metricsIn(
            Files.readString(Path.of(System.getProperty("tensorcom.root"), "docs/kubernetes.md")));
    assertThat(served())
        .filteredOn(name -> name.startsWith("tensorcom_"))
        .hasSizeGreaterThan(30)
        .allSatisfy(name -> assertThat(documented).contains(name));
    Set<String> promised = new TreeSet<>(documented);
    promised.removeIf(name -> !name.startsWith("tensorcom_"));
    promised.remove("tensorcom_training_stall_ratio");
    assertThat(served()).containsAll(promised);
  }
}
