// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.TensorReceiver;
import io.tensorcom.examples.images.Archives;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.TensorBatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Servers in processes of their own that are told to end in the middle. */
@Timeout(120)
final class ServerSignalTest {
  private static final Pattern PORT = Pattern.compile("serving .*:(\\d+)\\?.*");
  private static final Pattern SENT = Pattern.compile("sent (\\d+) batches");
  private static final Pattern LEFT = Pattern.compile("not delivered within \\d+ s: (\\d+)");
  private static final Pattern UNHEARD = Pattern.compile("published to nobody: (\\d+)");
  private static final Pattern SLOW = Pattern.compile("dropped for slow receivers: (\\d+)");

  /** A server of the sample data, without end, and what it says. */
  private record Server(Process process, BufferedReader out) implements AutoCloseable {
    static Server start(String url, String... options) throws IOException {
      List<String> command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  ServeImagenetShards.class.getName(),
                  "-u",
                  Archives.fashionMnistPattern(1),
                  "-r",
                  "1000000"));
      command.addAll(List.of(options));
      command.add(url);
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      return new Server(process, process.inputReader(StandardCharsets.UTF_8));
    }

    int port() throws IOException {
      Matcher line = PORT.matcher("" + out.readLine());
      assertThat(line.matches()).as("first line: %s", line).isTrue();
      return Integer.parseInt(line.group(1));
    }

    /** Unlike Process.destroy it leaves what it says to be read. */
    void terminate() {
      process.toHandle().destroy();
    }

    List<String> awaitEnd() throws InterruptedException {
      List<String> rest = out.lines().toList();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as("the code of SIGTERM: %s", rest).isEqualTo(143);
      return rest;
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  private static long number(Pattern pattern, String line) {
    Matcher matcher = pattern.matcher(line);
    assertThat(matcher.matches()).as(line).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  /** The number of the line that has one, 0 if there is no such line. */
  private static long numberIn(Pattern pattern, List<String> lines) {
    return lines.stream()
        .filter(line -> pattern.matcher(line).matches())
        .mapToLong(line -> number(pattern, line))
        .sum();
  }

  /** Waits until nothing more comes to a receiver that takes nothing. */
  private static void awaitStandstill(TensorReceiver receiver, Server server)
      throws InterruptedException {
    long before = -1;
    while (receiver.stats().socket().messages() != before) {
      before = receiver.stats().socket().messages();
      assertThat(server.process.waitFor(1, TimeUnit.SECONDS)).isFalse();
    }
  }

  private static void take(TensorReceiver receiver, int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      receiver.receive().close();
    }
  }

  private static void takeRest(TensorReceiver receiver) throws InterruptedException {
    while (true) {
      boolean over = receiver.stats().socket().peers() == 0;
      try (TensorBatch batch = receiver.poll(Duration.ofMillis(50))) {
        if (batch == null && over) {
          return;
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "zrpush, zrpull, true",
    "zpush, zpull, false",
    "zpub, zsub, true",
    "zrpub, zrsub, false",
  })
  void shouldDeliverAllThatItSentWhenAServerIsTerminated(
      String sends, String receives, boolean serverIsBound) throws Exception {
    String options = "?pool=64M&slow=60s";
    TensorReceiver bound =
        serverIsBound ? null : TensorReceiver.open(receives + "://127.0.0.1:0?pool=64M");
    String place = bound == null ? "127.0.0.1:0" : bound.boundEndpoints().get(0).substring(6);
    try (Server server = Server.start(sends + "://" + place + options, "-b", "8")) {
      int port = server.port();
      try (TensorReceiver receiver =
          bound != null
              ? bound
              : TensorReceiver.open(receives + "://127.0.0.1:" + port + "?pool=64M")) {
        take(receiver, 50);
        server.terminate();
        takeRest(receiver);

        List<String> said = server.awaitEnd();
        assertThat(said)
            .as("nothing was left")
            .filteredOn(line -> !UNHEARD.matcher(line).matches())
            .hasSize(1);
        StreamStats stream = receiver.stats().streams().get(0);
        assertThat(stream.missing()).isZero();
        assertThat(stream.last() + 1).isEqualTo(numberIn(SENT, said));
        assertThat(stream.first()).isEqualTo(numberIn(UNHEARD, said));
      }
    } finally {
      if (bound != null) {
        bound.close();
      }
    }
  }

  /** Terminates a server of which the receiver takes nothing before it has ended. */
  private static void assertEndsAtItsDeadlineAndSaysWhatIsLeft(
      Server server, TensorReceiver receiver) throws Exception {
    long start = System.nanoTime();
    server.terminate();
    List<String> said = server.awaitEnd();

    assertThat(System.nanoTime() - start)
        .isBetween(TimeUnit.SECONDS.toNanos(5), TimeUnit.SECONDS.toNanos(40));
    assertThat(said).hasSize(3);
    assertThat(said.get(1)).as("who went without").startsWith("  tcp://127.0.0.1:");
    takeRest(receiver);
    StreamStats stream = receiver.stats().streams().get(0);
    assertThat(stream.missing()).isZero();
    assertThat(number(LEFT, said.get(0)))
        .isPositive()
        .isEqualTo(number(SENT, said.get(2)) - stream.received());
  }

  @Test
  void shouldEndAtItsDeadlineAndSayWhatIsLeftWhenNobodyTakesAnything() throws Exception {
    String url = "zrpush://127.0.0.1:0?pool=128M&hwm=2";
    try (Server server = Server.start(url, "-b", "64", "--size", "128")) {
      int port = server.port();
      try (TensorReceiver receiver =
          TensorReceiver.open("zrpull://127.0.0.1:" + port + "?hwm=1&pool=64M")) {
        take(receiver, 1);
        // As long as the server fills what lies in between.
        awaitStandstill(receiver, server);
        assertEndsAtItsDeadlineAndSaysWhatIsLeft(server, receiver);
      }
    }
  }

  @Test
  void shouldEndWithOneWhenItsEpochsAreSentAndNobodyTakesTheRest() throws Exception {
    String url = "zrpush://127.0.0.1:0?pool=256M&hwm=1000&drain=2s";
    try (Server server = Server.start(url, "-b", "64", "--size", "128", "--epochs", "1")) {
      int port = server.port();
      try (TensorReceiver receiver =
          TensorReceiver.open("zrpull://127.0.0.1:" + port + "?hwm=1&pool=64M")) {
        take(receiver, 1);
        List<String> said = server.out.lines().toList();

        assertThat(server.process.waitFor()).isEqualTo(1);
        assertThat(said).anyMatch(line -> line.startsWith("not delivered within 2 s: "));
        takeRest(receiver);
        long received = receiver.stats().streams().get(0).received();
        assertThat(numberIn(LEFT, said))
            .as("%s", said)
            .isPositive()
            .isEqualTo(numberIn(SENT, said) - received);
      }
    }
  }

  /** Waits until a server drains, as its probe tells. */
  private static void awaitDrain(Server server, String probe) throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    HttpRequest request = HttpRequest.newBuilder(URI.create(probe)).build();
    while (!client.send(request, BodyHandlers.ofString()).body().equals("stopping\n")) {
      assertThat(server.process.waitFor(50, TimeUnit.MILLISECONDS)).isFalse();
    }
  }

  @Test
  void shouldEndSoonAndSayWhatIsLeftWhenItIsTerminatedInALongDrain() throws Exception {
    String url = "zrpush://127.0.0.1:0?pool=256M&hwm=1000&drain=100s";
    String[] options = {"-b", "64", "--size", "128", "--epochs", "1", "--metrics", "127.0.0.1:0"};
    try (Server server = Server.start(url, options)) {
      String metrics = "" + server.out.readLine();
      int port = server.port();
      try (TensorReceiver receiver =
          TensorReceiver.open("zrpull://127.0.0.1:" + port + "?hwm=1&pool=64M")) {
        take(receiver, 1);
        awaitDrain(server, metrics.replaceFirst(".*(http://.*)/metrics.*", "$1/readyz"));
        assertEndsAtItsDeadlineAndSaysWhatIsLeft(server, receiver);
      }
    }
  }

  @Test
  void shouldSayHowManyItDroppedWhenAPublisherIsTerminated() throws Exception {
    String url = "zpub://127.0.0.1:0?pool=64M&hwm=1&slow=1ms";
    try (Server server = Server.start(url, "-b", "64", "--size", "128", "-B")) {
      int port = server.port();
      try (TensorReceiver receiver =
          TensorReceiver.open("zsub://127.0.0.1:" + port + "?hwm=1&pool=64M")) {
        take(receiver, 1);
        awaitStandstill(receiver, server);
        server.terminate();
        takeRest(receiver);

        List<String> said = server.awaitEnd();
        StreamStats stream = receiver.stats().streams().get(0);
        assertThat(numberIn(SLOW, said))
            .as("%s", said)
            .isPositive()
            .isEqualTo(numberIn(SENT, said) - numberIn(UNHEARD, said) - stream.received());
        assertThat(said).last().asString().matches(SENT.pattern());
      }
    }
  }

  @Test
  void shouldSayOneLineWhenAServerCannotBind() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Server server = Server.start("zpub://127.0.0.1:" + taken.getLocalPort())) {
      List<String> said = server.out.lines().toList();
      assertThat(server.process.waitFor()).isEqualTo(1);
      assertThat(said).hasSize(1);
      assertThat(said.get(0))
          .startsWith("serve-imagenet-shards: ")
          .contains("127.0.0.1:" + taken.getLocalPort());
    }
  }
}
