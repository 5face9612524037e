// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.resolve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.testkit.KnotServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@EnabledIf("io.tensorcom.testkit.KnotServer#isAvailable")
@Timeout(60)
final class TensorcomResolveTest {
  private static @Nullable KnotServer knot;
  private static @Nullable Path conf;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeAll
  static void startKnot(@TempDir Path folder) throws Exception {
    knot = KnotServer.start(folder);
    conf = knot.podResolvConf();
  }

  @AfterAll
  static void stopKnot() {
    knot().close();
  }

  private static KnotServer knot() {
    return Objects.requireNonNull(knot);
  }

  private int run(String... args) {
    List<String> all = new ArrayList<>();
    if (!List.of(args).contains("--resolv-conf")) {
      all.addAll(List.of("--resolv-conf", Objects.toString(conf)));
    }
    if (!List.of(args).contains("--server")) {
      all.addAll(List.of("--server", knot().place()));
    }
    all.addAll(List.of(args));
    PrintStream to = new PrintStream(out, true, StandardCharsets.UTF_8);
    PrintStream complaints = new PrintStream(err, true, StandardCharsets.UTF_8);
    return Cli.run(new TensorcomResolve(to), complaints, all.toArray(String[]::new));
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void shouldShowEveryQuestionAndTheEndpointsWhenNameIsFound() {
    int code = run("zsub://shards.bigdata19:7880");

    assertThat(code).isZero();
    assertThat(out())
        .contains("search default.svc.cluster.local svc.cluster.local cluster.local; ndots:5")
        .contains("candidate shards.bigdata19.default.svc.cluster.local.  <- chosen")
        .contains("UDP FOUND")
        .contains("ttl 5")
        .contains("candidate shards.bigdata19.svc.cluster.local.  (not needed)")
        .contains("endpoint 127.0.2.1:7880 FRESH")
        .contains("endpoint 127.0.2.2:7880 FRESH");
  }

  @Test
  void shouldEndWithOneAndHintWhenNameIsNotThere() {
    int code = run("nobody.bigdata19");

    assertThat(code).isEqualTo(1);
    assertThat(out()).contains("not found").contains("hint: no ready pods?");
  }

  @Test
  void shouldEndWithTwoAndHintWhenNobodyAnswers() throws Exception {
    int port;
    try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }

    int code = run("--server", "127.0.0.1:" + port, "--deadline", "500", "shards.bigdata19");

    assertThat(code).isEqualTo(2);
    assertThat(out()).contains("UNREACHABLE").contains("hint: a DNS server did not answer");
  }

  @Test
  void shouldTakePortsFromServiceRecordsWhenPortIsNamed() {
    int code = run("--port-name", "zmq", "shards");

    assertThat(code).isZero();
    assertThat(out()).contains("endpoint 127.0.2.1:7880 FRESH priority 0 weight 50");
  }

  @Test
  void shouldPrintOneJsonObjectWhenAskedTo() throws Exception {
    int code = run("--json", "shards.bigdata19:7000");

    assertThat(code).isZero();
    JsonNode json = new ObjectMapper().readTree(out());
    assertThat(json.get("outcome").asText()).isEqualTo("FOUND");
    assertThat(json.get("endpoints").get(1).get("address").asText()).isEqualTo("127.0.2.2");
    assertThat(json.get("endpoints").get(1).get("port").asInt()).isEqualTo(7000);
    assertThat(json.get("attempts")).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "a..b, tensorcom-resolve: a..b: name a..b",
    "'', tensorcom-resolve: NAME|URL is empty (expected: for example shards.bigdata19:7880)",
    "' ', tensorcom-resolve: NAME|URL is empty",
    "shards:, 'tensorcom-resolve: shards:: port '",
    "shards:x, 'tensorcom-resolve: shards:x: '",
    "zsub://shards, tensorcom-resolve: bad URL: url=zsub://shards: no port",
    "zsub://a:1?discovery=file:/x, tensorcom-resolve: discovery=file:/x of the URL asks no DNS",
    "zsub://a:1?family=4, tensorcom-resolve: family: 4 (expected: auto"
  })
  void shouldComplainInOneLineWhenNameCannotBeOne(String name, String complaint) {
    int code = run(name);

    assertThat(code).isEqualTo(2);
    assertThat(out()).isEmpty();
    assertThat(err.toString(StandardCharsets.UTF_8)).hasLineCount(1).startsWith(complaint);
  }

  @Test
  void shouldAskWhomTheUrlSaysWhenItDoes() {
    String url = "zsub://shards.bigdata19:7880?family=both&discovery=dns:server=" + knot().place();
    PrintStream to = new PrintStream(out, true, StandardCharsets.UTF_8);

    int code = Cli.run(new TensorcomResolve(to), to, "--resolv-conf", "" + conf, url);

    assertThat(code).isZero();
    assertThat(out()).contains("@" + knot().place()).contains("endpoint 127.0.2.2:7880");
  }

  @Test
  void shouldEndWithOneWhenServiceHasAddressesOfTheOtherFamilyAlone() {
    int code = run("--family", "ipv6", "--deadline", "2000", "_zmq._tcp.shards");

    assertThat(code).isEqualTo(1);
    assertThat(out()).contains("not found: NODATA").contains("SRV ");
  }

  @Test
  void shouldEndWithTwoAndSayWhoWasAskedWhenServerIsSilent() throws Exception {
    try (DatagramSocket silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      String place = "127.0.0.1:" + silent.getLocalPort();

      int code = run("--server", place, "--deadline", "500", "shards.bigdata19");

      assertThat(code).isEqualTo(2);
      assertThat(out())
          .contains("@" + place + " UDP TIMEOUT")
          .contains("hint: a DNS server did not answer");
    }
  }

  @Test
  void shouldComplainInOneLineWhenAnOptionMakesNoSense() {
    for (String[] options :
        new String[][] {
          {"--deadline", "99999999999999999"},
          {"--deadline", "0"},
          {"--resolv-conf", "/no/such"},
          {"--resolv-conf", "/tmp"},
        }) {
      err.reset();

      assertThat(run(options[0], options[1], "shards")).isEqualTo(2);

      assertThat(err.toString(StandardCharsets.UTF_8)).hasLineCount(1).contains(options[0]);
    }
  }

  @Test
  void shouldShowChangesOnceWhenWatching() throws Exception {
    Thread watching = new Thread(() -> run("--watch", "watched.bigdata19"));
    watching.start();
    awaitOutput("not found");
    knot().update("add watched.bigdata19.default.svc.cluster.local. 5 A 127.0.2.8");

    awaitOutput("endpoint 127.0.2.8:7880");
    assertThat(out()).contains("+ 127.0.2.8:7880\n");
    assertThat(out().split("not found", -1)).as("what does not change is told once").hasSize(2);

    knot().update("del watched.bigdata19.default.svc.cluster.local.");
    awaitOutput("- 127.0.2.8:7880\n");
    assertThat(out()).contains("not found: NXDOMAIN, 1 endpoint kept until it is said twice");

    watching.interrupt();
    watching.join();
  }

  @Test
  void shouldTellTheTimeOfEachChangeWhenWatchingForPrograms() throws Exception {
    Thread watching = new Thread(() -> run("--watch", "--json", "shards.bigdata19"));
    watching.start();
    awaitOutput("]}\n");

    watching.interrupt();
    watching.join();
    assertThat(out()).matches("\\{\"time\":\"20[0-9T:.-]+Z\",\"name\":\"shards.*}\n");
  }

  private void awaitOutput(String text) {
    while (!out().contains(text)) {
      Thread.onSpinWait();
    }
  }
}
