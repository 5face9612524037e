// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.StreamReport;
import io.tensorcom.tensor.TensorBatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Servers in processes of their own that come, die or stand still in the middle of an epoch, while
 * another one goes on sending.
 */
@Timeout(180)
final class EpochFaultsTest {
  /** Longer than a dead server counts as there; far beyond what the rest takes. */
  private static final Duration SILENCE = Duration.ofSeconds(40);

  /** What came of servers 0 and 1, epoch by epoch. */
  private static final class Reading {
    final EpochReader reader;
    final List<List<Long>> numbers = List.of(new ArrayList<>(), new ArrayList<>());

    Reading(TensorReceiver receiver, Duration silence) {
      reader = new EpochReader(receiver, silence);
    }

    /** Reads until something is so, which has to be before the epoch ends. */
    void until(BooleanSupplier condition) throws InterruptedException {
      while (!condition.getAsBoolean()) {
        assertThat(next()).as("the epoch goes on").isTrue();
      }
    }

    void untilHeard(int... servers) throws InterruptedException {
      for (int server : servers) {
        int before = numbers.get(server).size();
        until(() -> numbers.get(server).size() > before);
      }
    }

    private boolean next() throws InterruptedException {
      try (TensorBatch batch = reader.next()) {
        if (batch == null) {
          return false;
        }
        int server = (int) batch.get(0).data().getLong(0);
        numbers.get(server).add(batch.get(0).data().getLong(8));
        return true;
      }
    }

    EpochReport epoch() throws InterruptedException {
      while (next()) {
        // The report tells.
      }
      return reader.report();
    }

    long count() {
      return numbers.stream().mapToLong(List::size).sum();
    }
  }

  private static TensorReceiver open(String scheme, SenderProcess... senders) {
    return TensorReceiver.open(
        Arrays.stream(senders)
            .map(sender -> sender.address().replace("tcp", scheme))
            .toArray(String[]::new));
  }

  private static void assertTold(EpochReport report) {
    assertThat(report.end()).isEqualTo(EpochReport.End.TOLD);
    assertThat(report.unfinished()).isEmpty();
    assertThat(report.gone()).isEmpty();
  }

  private static void assertWhole(StreamReport.Verdict verdict, List<Long> numbers) {
    assertThat(verdict.tailUnknown()).isFalse();
    assertThat(verdict.missing()).allMatch(range -> range.last() < numbers.get(0));
    assertThat(numbers)
        .isEqualTo(LongStream.range(numbers.get(0), verdict.sent()).boxed().toList());
  }

  private static StreamReport.Verdict verdict(TensorReceiver receiver, SenderProcess sender) {
    List<StreamReport.Verdict> all =
        StreamReport.merge(List.of(receiver.streamReport())).stream()
            .filter(each -> each.peer().equals(sender.address()))
            .toList();
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  @ParameterizedTest
  @CsvSource({"zrpush, zrpull", "zpub, zsub"})
  void shouldWaitForItsEndTooWhenAServerJoinsInTheMiddleOfAnEpoch(
      String sends, String receives, @TempDir Path folder) throws Exception {
    Path list = folder.resolve("servers");
    String url = receives + "://servers:7880?discovery=file:" + list;
    try (SenderProcess first = SenderProcess.start(sends, folder.resolve("first"), 0)) {
      Files.writeString(list, "127.0.0.1:" + first.port() + "\n");
      try (TensorReceiver receiver = TensorReceiver.open(url);
          SenderProcess joins = SenderProcess.start(sends, folder.resolve("joins"), 1)) {
        Reading reading = new Reading(receiver, SILENCE);
        reading.untilHeard(0);
        Files.writeString(list, "127.0.0.1:" + joins.port() + "\n", StandardOpenOption.APPEND);
        reading.untilHeard(1);

        first.tell("epoch");
        // Whatever it sends of its next epoch.
        reading.until(() -> receiver.ends() == 1);
        reading.untilHeard(0, 1, 0, 1);
        joins.tell("epoch");
        EpochReport report = reading.epoch();
        long batches = reading.count();
        first.tell("end");
        joins.tell("end");
        EpochReport last = reading.epoch();

        assertTold(report);
        assertThat(report.batches()).isEqualTo(batches);
        assertTold(last);
        assertThat(reading.reader.isStreamEnded()).isTrue();
        assertWhole(verdict(receiver, first), reading.numbers.get(0));
        assertWhole(verdict(receiver, joins), reading.numbers.get(1));
        assertThat(receiver.stats().streams()).hasSize(2).allMatch(each -> each.missing() == 0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"zrpush, zrpull", "zpub, zsub"})
  void shouldEndTheEpochForTheRestAndNameTheServerWhenOneIsKilledInItsMiddle(
      String sends, String receives, @TempDir Path folder) throws Exception {
    try (SenderProcess dies = SenderProcess.start(sends, folder.resolve("dies"), 0);
        SenderProcess lives = SenderProcess.start(sends, folder.resolve("lives"), 1);
        TensorReceiver receiver = open(receives, dies, lives)) {
      Reading reading = new Reading(receiver, SILENCE);
      reading.untilHeard(0, 1);
      dies.kill();
      lives.tell("epoch");
      long start = System.nanoTime();

      EpochReport cut = reading.epoch();

      assertThat(System.nanoTime() - start).as("the deadline").isLessThan(SILENCE.toNanos());
      assertThat(cut.end()).isEqualTo(EpochReport.End.TOLD);
      assertThat(cut.gone()).containsExactly(dies.address());
      assertThat(cut.batches()).isEqualTo(reading.count());
      lives.tell("end");
      assertTold(reading.epoch());
      assertThat(reading.reader.isStreamEnded()).isTrue();
      assertWhole(verdict(receiver, lives), reading.numbers.get(1));
      StreamReport.Verdict dead = verdict(receiver, dies);
      assertThat(dead.tailUnknown()).isTrue();
      assertThat(dead.received()).isEqualTo(reading.numbers.get(0).size());
      assertThat(dies.sent()).as("the log was ahead").containsAll(reading.numbers.get(0));
    }
  }

  @ParameterizedTest
  @CsvSource({"zrpush, zrpull", "zpub, zsub"})
  void shouldEndTheEpochByTheDeadlineWhenOneServerStandsStillAndAnotherGoesOn(
      String sends, String receives, @TempDir Path folder) throws Exception {
    Duration deadline = Duration.ofSeconds(4);
    try (SenderProcess stands = SenderProcess.start(sends, folder.resolve("stands"), 0);
        SenderProcess goesOn = SenderProcess.start(sends, folder.resolve("goes-on"), 1);
        TensorReceiver receiver = open(receives, stands, goesOn)) {
      Reading reading = new Reading(receiver, deadline);
      reading.untilHeard(0, 1);
      stands.signal("STOP");
      goesOn.tell("epoch");

      EpochReport cut = reading.epoch();

      assertThat(cut.end()).isEqualTo(EpochReport.End.SILENCE);
      assertThat(cut.unfinished()).containsExactly(stands.address());
      assertThat(cut.gone()).isEmpty();
      stands.signal("CONT");
      reading.untilHeard(0, 1);
    }
  }
}
