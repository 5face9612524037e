// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.StreamReport;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.testkit.TruthLog;
import io.tensorcom.transport.SendResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that are killed, or stand still for a while, on either side of a stream. */
@Timeout(120)
final class ProcessFaultsTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  private static String freePlace() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "://127.0.0.1:" + socket.getLocalPort();
    }
  }

  private static Process start(String url, Path log) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            KilledSender.class.getName(),
            url,
            log.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static void signal(Process process, String name) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor())
        .isZero();
  }

  /** Takes so many batches, each checked, and gives their numbers. */
  private static List<Long> take(TensorReceiver receiver, int count) throws InterruptedException {
    List<Long> numbers = new ArrayList<>();
    while (numbers.size() < count) {
      try (TensorBatch batch = receiver.receive()) {
        numbers.add(batch.get(0).data().getLong(8));
      }
    }
    return numbers;
  }

  private static List<Long> takeRest(TensorReceiver receiver) throws InterruptedException {
    List<Long> numbers = new ArrayList<>();
    while (true) {
      try (TensorBatch batch = receiver.poll(Duration.ofSeconds(1))) {
        if (batch == null) {
          return numbers;
        }
        numbers.add(batch.get(0).data().getLong(8));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"zrpush, zrpull", "zpub, zsub"})
  void shouldSayThatTheTailIsUnknownWhenASenderIsKilled(
      String sends, String receives, @TempDir Path folder) throws Exception {
    String place = freePlace();
    Path log = folder.resolve("sent");
    Process sender = start(sends + place, log);
    try (TensorReceiver receiver = TensorReceiver.open(receives + place)) {
      List<Long> numbers = take(receiver, 200);
      signal(sender, "KILL");
      assertThat(sender.waitFor(20, TimeUnit.SECONDS)).isTrue();
      numbers.addAll(takeRest(receiver));

      List<Long> sent = Files.readAllLines(log).stream().map(Long::valueOf).toList();
      assertThat(sent).as("the log was ahead of the wire").containsAll(numbers);
      assertThat(numbers).isSorted().doesNotHaveDuplicates();
      StreamReport.Verdict verdict = StreamReport.merge(List.of(receiver.streamReport())).get(0);
      assertThat(verdict.tailUnknown()).isTrue();
      assertThat(verdict.toString()).endsWith("; unknown tail");
      long known = numbers.get(numbers.size() - 1) + 1;
      assertThat(verdict.sent()).isEqualTo(known).isLessThanOrEqualTo(sent.size());
      assertThat(verdict.received()).isEqualTo(numbers.size());
      assertThat(verdict.lost()).isEqualTo(known - numbers.size());
    } finally {
      sender.destroyForcibly();
    }
  }

  @Test
  void shouldLoseNothingWhenASenderStandsStillForAWhile(@TempDir Path folder) throws Exception {
    String place = freePlace();
    Process sender = start("zrpush" + place, folder.resolve("sent"));
    try (TensorReceiver receiver = TensorReceiver.open("zrpull" + place)) {
      List<Long> numbers = take(receiver, 100);
      signal(sender, "STOP");
      numbers.addAll(takeRest(receiver));
      signal(sender, "CONT");
      numbers.addAll(take(receiver, 100));

      assertThat(numbers).isEqualTo(LongStream.range(0, numbers.size()).boxed().toList());
      assertThat(receiver.stats().streams().get(0).missing()).isZero();
    } finally {
      sender.destroyForcibly();
    }
  }

  @Test
  void shouldCountARestartWhenAKilledSenderComesBack(@TempDir Path folder) throws Exception {
    String place = freePlace();
    Process first = start("zrpush" + place, folder.resolve("first"));
    try (TensorReceiver receiver = TensorReceiver.open("zrpull" + place)) {
      take(receiver, 50);
      signal(first, "KILL");
      assertThat(first.waitFor(20, TimeUnit.SECONDS)).isTrue();
      takeRest(receiver);
      Process second = start("zrpush" + place, folder.resolve("second"));
      try {
        assertThat(take(receiver, 50)).startsWith(0L);
        assertThat(receiver.stats().streams()).hasSize(2);
      } finally {
        second.destroyForcibly();
      }
    } finally {
      first.destroyForcibly();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"KILL", "STOP"})
  void shouldServeTheOthersWhenAPythonPullerDiesOrStandsStill(String signal) throws Exception {
    PythonPeer.assumeInstalled();
    TruthLog truth = new TruthLog(1, 1);
    int count = 300;
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?pool=64M");
        TensorReceiver receiver =
            TensorReceiver.open(sender.boundEndpoints().get(0).replace("tcp", "zrpull"));
        PythonPeer python =
            new PythonPeer(
                "stream_peer.py",
                "recv",
                sender.boundEndpoints().get(0).replace("tcp", "zrpull"),
                "1000000")) {
      assertThat(sender.awaitPeers(2, SOON)).isTrue();
      Thread reading =
          new Thread(
              () -> {
                for (TensorBatch batch : receiver) {
                  try (batch) {
                    truth.arrived(0, batch);
                  }
                }
              });
      reading.start();
      for (int i = 0; i < count; i++) {
        if (i == count / 3) {
          python.hear();
          python.signal(signal);
        }
        BatchMark mark = i == count - 1 ? BatchMark.endOfEpoch(true) : BatchMark.NONE;
        try (TensorBatch batch = truth.next(sender.pool(), 0)) {
          assertThat(sender.send(batch, SOON, mark)).isEqualTo(SendResult.SENT);
        }
      }
      reading.join(SOON.toMillis());

      assertThat(reading.isAlive()).as("the end came").isFalse();
      StreamReport.Verdict verdict = StreamReport.merge(List.of(receiver.streamReport())).get(0);
      assertThat(verdict.sent()).isEqualTo(count);
      assertThat(verdict.received()).isEqualTo(truth.arrivals(0, 0).size());
      assertThat(truth.arrivals(0, 0)).doesNotHaveDuplicates().hasSizeGreaterThan(count / 2);
    }
  }
}
