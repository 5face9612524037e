// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.StreamReport;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.testkit.FaultProxy;
import io.tensorcom.testkit.TruthLog;
import io.tensorcom.transport.SendResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Processes that are killed, or stand still for a while, on either side of a stream. {@code
 * -Dtensorcom.faults.process.steps=N} takes more steps, {@code -Dtensorcom.faults.seed=S} others; a
 * seed replays the actions and their order.
 */
@Timeout(300)
final class ProcessFaultsTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int STEPS = Integer.getInteger("tensorcom.faults.process.steps", 6);
  private static final long SEED = Long.getLong("tensorcom.faults.seed", System.nanoTime());

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

  /** Takes what came before the connection ended. */
  private static List<Long> takeRest(TensorReceiver receiver) throws InterruptedException {
    List<Long> numbers = new ArrayList<>();
    while (true) {
      boolean over = receiver.stats().socket().peers() == 0;
      try (TensorBatch batch = receiver.poll(Duration.ofMillis(50))) {
        if (batch != null) {
          numbers.add(batch.get(0).data().getLong(8));
        } else if (over) {
          return numbers;
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"zrpush, zrpull", "zpub, zsub"})
  void shouldSayThatTheTailIsUnknownWhenASenderIsKilled(
      String sends, String receives, @TempDir Path folder) throws Exception {
    Path log = folder.resolve("sent");
    try (SenderProcess sender = SenderProcess.start(sends, log);
        TensorReceiver receiver = TensorReceiver.open(receives + "://127.0.0.1:" + sender.port())) {
      List<Long> numbers = take(receiver, 200);
      sender.kill();
      numbers.addAll(takeRest(receiver));

      List<Long> sent = sender.sent();
      assertThat(sent).as("the log was ahead of the wire").containsAll(numbers);
      assertThat(numbers).isSorted().doesNotHaveDuplicates();
      StreamReport.Verdict verdict = StreamReport.merge(List.of(receiver.streamReport())).get(0);
      assertThat(verdict.tailUnknown()).isTrue();
      assertThat(verdict.toString()).endsWith("; unknown tail");
      long known = numbers.get(numbers.size() - 1) + 1;
      assertThat(verdict.sent()).isEqualTo(known).isLessThanOrEqualTo(sent.size());
      assertThat(verdict.received()).isEqualTo(numbers.size());
      assertThat(verdict.lost()).isEqualTo(known - numbers.size());
    }
  }

  @Test
  void shouldLoseNothingWhenASenderStandsStillForAWhile(@TempDir Path folder) throws Exception {
    try (SenderProcess sender = SenderProcess.start("zrpush", folder.resolve("sent"));
        TensorReceiver receiver = TensorReceiver.open("zrpull://127.0.0.1:" + sender.port())) {
      List<Long> numbers = take(receiver, 100);
      sender.signal("STOP");
      numbers.addAll(takeUntilSilent(receiver));
      sender.signal("CONT");
      numbers.addAll(take(receiver, 100));

      assertThat(numbers).isEqualTo(LongStream.range(0, numbers.size()).boxed().toList());
      assertThat(receiver.stats().streams().get(0).missing()).isZero();
    }
  }

  private static List<Long> takeUntilSilent(TensorReceiver receiver) throws InterruptedException {
    List<Long> numbers = new ArrayList<>();
    while (true) {
      // However long: nothing hangs on it but that there was a silence.
      try (TensorBatch batch = receiver.poll(Duration.ofMillis(300))) {
        if (batch == null) {
          return numbers;
        }
        numbers.add(batch.get(0).data().getLong(8));
      }
    }
  }

  @Test
  void shouldCountARestartWhenAKilledSenderComesBack(@TempDir Path folder) throws Exception {
    try (SenderProcess first = SenderProcess.start("zrpush", folder.resolve("first"));
        FaultProxy address = new FaultProxy(first.port(), 0);
        TensorReceiver receiver = TensorReceiver.open("zrpull://127.0.0.1:" + address.port())) {
      take(receiver, 50);
      first.kill();
      takeRest(receiver);
      try (SenderProcess second = SenderProcess.start("zrpush", folder.resolve("second"))) {
        address.setTarget(second.port());
        assertThat(take(receiver, 50)).startsWith(0L);
        assertThat(receiver.stats().streams()).hasSize(2);
        assertThat(receiver.stats().restarts()).isEqualTo(1);
        assertThat(receiver.stats().streams())
            .extracting(StreamStats::peer)
            .containsOnly("tcp://127.0.0.1:" + address.port());
      }
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

  private enum Fault {
    KILL_SENDER,
    KILL_RECEIVER,
    STOP_SENDER,
    STOP_RECEIVER
  }

  /** When something happened to a process, until all was well again, in nanoseconds since 1970. */
  private record Window(Fault fault, FaultyProcesses.Member of, long from, long to) {}

  private static Window strike(FaultyProcesses world, Random random) throws Exception {
    Fault fault = Fault.values()[random.nextInt(4)];
    int side = random.nextInt(FaultyProcesses.SIDES);
    long holdNanos = random.nextInt(3) == 0 ? 3_000_000_000L : random.nextInt(500_000_000);
    boolean sender = fault == Fault.KILL_SENDER || fault == Fault.STOP_SENDER;
    FaultyProcesses.Member struck = sender ? world.sender(side) : world.receiver(side);
    long from = FaultyProcesses.now();
    if (fault == Fault.KILL_SENDER || fault == Fault.KILL_RECEIVER) {
      world.kill(struck);
      world.start(sender, side);
    } else {
      struck.signal("STOP");
      world.awaitNews(sender ? side : 1 - side, 1 - side, from + holdNanos);
      struck.signal("CONT");
    }
    long over = FaultyProcesses.now();
    world.awaitNewsEverywhere(over);
    return new Window(fault, struck, from, FaultyProcesses.now());
  }

  @ParameterizedTest
  @CsvSource({"zrpush, zrpull", "zpub, zsub"})
  void shouldAgreeWithTheLogsWhenProcessesDieOrStandStillAtRandom(
      String sends, String receives, @TempDir Path folder) throws Exception {
    PythonPeer.assumeInstalled();
    System.out.printf("processes: -Dtensorcom.faults.seed=%d, %d steps%n", SEED, STEPS);
    Random random = new Random(SEED);
    List<Window> windows = new ArrayList<>();
    try (FaultyProcesses world = new FaultyProcesses(sends, receives, folder)) {
      world.awaitNewsEverywhere(0);
      for (int i = 0; i < STEPS; i++) {
        windows.add(strike(world, random));
      }
      world.finish();
      ProcessVerdict verdict = new ProcessVerdict(world.all(), sends.equals("zpub"));
      verdict.assertTrueAndInOrder();
      verdict.assertAccountsAgree();
      long lost =
          verdict.assertLostOnly(
              (at, sender, from, to) ->
                  windows.stream()
                      .anyMatch(
                          window ->
                              window.from <= to
                                  && from <= window.to
                                  && (window.of == sender || at.contains(window.of))
                                  && (sends.equals("zpub")
                                      || window.fault == Fault.KILL_SENDER
                                      || window.fault == Fault.KILL_RECEIVER)));
      System.out.printf(
          "processes: %s, seed %d: %d steps, %,d batches sent, %,d lost, all of them reported and"
              + " within windows of faults%n",
          sends, SEED, STEPS, verdict.sent(), lost);
    }
  }
}
