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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** A server and a monitor, as manifests start them, and what is asked of them over HTTP. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class ServedMetricsTest {
  private static final Path EXAMPLES = Path.of(System.getProperty("tensorcom.root"), "examples");
  private static final Pattern METRIC =
      Pattern.compile("\\b(?:tensorcom|jvm|process|system)_[a-z0-9_]+");
  private static final Pattern SELECTED =
      Pattern.compile("\\b((?:tensorcom|jvm|process|system)_[a-z0-9_]+)\\{([^}]*)}");
  private static final Pattern MATCHER = Pattern.compile("(\\w+)(=|=~|!=)\"([^\"]*)\"");
  private static final Pattern TOOL = Pattern.compile("\\btool=\"([^\"]*)\"");
  private static final Pattern GROUPED = Pattern.compile("\\bby \\(([^)]*)\\)");

  /** Which it gives to what it scrapes. */
  private static final Set<String> OF_PROMETHEUS = Set.of("namespace", "pod");

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

  @ParameterizedTest
  @ValueSource(strings = {"0", "1"})
  void shouldNotBeReadyWhenAServerHasNoBatchYet(String epochs)
      throws IOException, InterruptedException {
    try (ServedTool waiting =
        new ServedTool(
            ServeImagenetShards.class,
            Map.of(
                "TENSORCOM_SHARDS",
                "pipe:echo reading >&2; exec sleep 100",
                "TENSORCOM_EPOCHS",
                epochs),
            "zpub://127.0.0.1:0")) {
      var unused = waiting.awaitLine("reading"::equals);
      assertThat(waiting.get("/readyz").statusCode()).isEqualTo(503);
      assertThat(waiting.get("/healthz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void shouldBecomeReadyWhenAServerWaitsForAReceiver() throws IOException, InterruptedException {
    // Nobody comes before it is listed, which it is when it is ready.
    try (ServedTool waiting =
        new ServedTool(
            ServeImagenetShards.class,
            Map.of("TENSORCOM_EPOCHS", "1", "TENSORCOM_BATCH", "7"),
            "zpub://127.0.0.1:0")) {
      waiting.awaitReady();
      assertThat(waiting.scrape())
          .anyMatch(line -> line.matches("tensorcom_batches_total\\{.*} 0.0"));
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

  /** What each label of each metric is where it is served. */
  private Map<String, Map<String, Set<String>>> labels() throws IOException, InterruptedException {
    Map<String, Map<String, Set<String>>> labels = new HashMap<>();
    for (ServedTool tool : List.of(server, monitor)) {
      for (String line : tool.scrape()) {
        Matcher series = SELECTED.matcher(line);
        if (series.lookingAt()) {
          Map<String, Set<String>> ofOne =
              labels.computeIfAbsent(series.group(1), key -> new HashMap<>());
          MATCHER
              .matcher(series.group(2))
              .results()
              .forEach(
                  each ->
                      ofOne
                          .computeIfAbsent(each.group(1), key -> new TreeSet<>())
                          .add(each.group(3)));
        }
      }
    }
    labels.put("tensorcom_connections_closed_total", Map.of("reason", Set.of()));
    return labels;
  }

  private static Set<String> tools() throws IOException {
    try (Stream<Path> launchers = Files.list(EXAMPLES.resolve("bin"))) {
      return launchers.map(each -> each.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  private static Map<String, Set<String>> of(
      Map<String, Map<String, Set<String>>> labels, String metric) {
    return Objects.requireNonNull(labels.get(metric), metric);
  }

  /** Checks that an expression asks for labels, and values of them, that there are. */
  private static void assertSelects(String query, Map<String, Map<String, Set<String>>> labels)
      throws IOException {
    SELECTED
        .matcher(query)
        .results()
        .forEach(
            selected ->
                MATCHER
                    .matcher(selected.group(2))
                    .results()
                    .filter(each -> !OF_PROMETHEUS.contains(each.group(1)))
                    .forEach(
                        each -> {
                          Set<String> values = of(labels, selected.group(1)).get(each.group(1));
                          assertThat(values).as("%s in %s", each.group(), query).isNotNull();
                          if (each.group(2).equals("=") && !each.group(1).equals("tool")) {
                            assertThat(values).as(query).contains(each.group(3));
                          }
                        }));
    Set<String> named = new TreeSet<>();
    TOOL.matcher(query).results().forEach(each -> named.add(each.group(1)));
    assertThat(tools()).as(query).containsAll(named);
    for (MatchResult grouped : GROUPED.matcher(query).results().toList()) {
      for (String label : grouped.group(1).split(", *", -1)) {
        for (String metric : metricsIn(query)) {
          assertThat(of(labels, metric).containsKey(label) || OF_PROMETHEUS.contains(label))
              .as("%s of %s in %s", label, metric, query)
              .isTrue();
        }
      }
    }
  }

  @Test
  void shouldHaveTheLabelsThatAreAskedForWhenTheDashboardOrARuleSelects()
      throws IOException, InterruptedException {
    Map<String, Map<String, Set<String>>> labels = labels();
    for (String query : expressions()) {
      assertSelects(query, labels);
    }
  }

  private static List<String> expressions() throws IOException {
    List<String> all = new ArrayList<>();
    YAMLMapper yaml = new YAMLMapper();
    JsonNode dashboard =
        new ObjectMapper().readTree(EXAMPLES.resolve("k8s/monitoring/dashboard.json").toFile());
    all.addAll(dashboard.findValuesAsText("expr"));
    all.addAll(
        yaml.readTree(EXAMPLES.resolve("k8s/monitoring/alerts.yaml")).findValuesAsString("expr"));
    tools.jackson.databind.JsonNode rule =
        yaml.readTree(EXAMPLES.resolve("k8s/autoscale/metrics-adapter-rule.yaml"))
            .at("/rules/external/0");
    String series =
        rule.get("seriesQuery").asString().replace("{__name__=\"", "").replaceFirst("\",", "{");
    all.add(series);
    // As the adapter fills it in.
    all.add(
        rule.get("metricsQuery")
            .asString()
            .replace("<<.Series>>", series.replaceFirst("\\{.*", ""))
            .replace("<<.LabelMatchers>>", "namespace=\"default\""));
    assertThat(all).hasSizeGreaterThan(30).noneMatch(each -> each.contains("<<"));
    return all;
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
