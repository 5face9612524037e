// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The judge of process faults, before logs that are true and logs that were falsified. */
final class ProcessVerdictTest {
  private static final ProcessVerdict.Excuse NONE = (receivers, sender, from, to) -> false;

  private final Path folder;

  /** Ten batches, numbers 0 to 9, one in a second. */
  private final List<String> sent = new ArrayList<>();

  private final List<String> came = new ArrayList<>();
  private boolean senderKilled;

  ProcessVerdictTest(@TempDir Path folder) {
    this.folder = folder;
    for (int number = 0; number < 10; number++) {
      sent.add(number + " digest" + number + " " + number);
    }
  }

  private static String line(int number) {
    return "s1 0 " + number + " digest" + number + " " + number;
  }

  private void come(int... numbers) {
    for (int number : numbers) {
      came.add(line(number));
    }
  }

  private void report(long received, long missing, boolean ended) {
    came.add("report s1 " + received + " " + missing + " " + ended);
  }

  private static PeerLog log(boolean sends, int incarnation, Path file, List<String> lines)
      throws IOException {
    // A line that was not finished is not believed.
    Files.writeString(file, String.join("\n", lines) + "\ns1 0");
    PeerLog log = new PeerLog(sends, 0, incarnation, file);
    log.read();
    return log;
  }

  private ProcessVerdict verdict(boolean published) throws IOException {
    PeerLog sender = log(true, 0, folder.resolve("sent"), sent);
    sender.killed = senderKilled;
    return new ProcessVerdict(
        List.of(sender, log(false, 1, folder.resolve("came"), came)), published);
  }

  private static void assertRefused(ThrowingCallable check, String... words) {
    assertThatThrownBy(check).isInstanceOf(AssertionError.class).hasMessageContainingAll(words);
  }

  /** {@return after all checks, how many were lost} */
  private long judge(boolean published, ProcessVerdict.Excuse excuse) throws IOException {
    ProcessVerdict verdict = verdict(published);
    verdict.assertTrueAndInOrder();
    verdict.assertAccountsAgree();
    assertThat(verdict.sent()).isEqualTo(sent.size());
    return verdict.assertLostOnly(excuse);
  }

  @Test
  void shouldAcceptWhenEverythingCame() throws IOException {
    come(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    report(10, 0, true);

    assertThat(judge(true, NONE)).isZero();
    assertThat(judge(false, NONE)).isZero();
  }

  @Test
  void shouldAcceptWhenALossWasReportedAndLiesInTheWindowOfAFault() throws IOException {
    come(0, 1, 4, 5, 6, 7, 8, 9);
    report(8, 2, true);

    assertThat(judge(true, (receivers, sender, from, to) -> from <= 3 && 2 <= to)).isEqualTo(2);
  }

  @Test
  void shouldRefuseWhenALossIsOutsideOfTheWindowOfAFault() throws IOException {
    come(0, 1, 4, 5, 6, 7, 8, 9);
    report(8, 2, true);

    // Number 2 was sent at 2, and number 4, the next that came, at 4.
    assertRefused(
        () -> judge(true, (receivers, sender, from, to) -> from <= 8 && 5 <= to),
        "2 of Java sender 0 is missing at [Java receiver 1] for no reason");
    assertRefused(() -> judge(true, (receivers, sender, from, to) -> from <= 1), "2 of Java");
  }

  @Test
  void shouldRefuseWhenAReportSaysThatNothingWasLostAndTheLogDisagrees() throws IOException {
    come(0, 1, 4, 5, 6, 7, 8, 9);
    report(8, 0, true);

    assertRefused(
        () -> verdict(true).assertAccountsAgree(), "missing, to the end", "expected: 2", "0");
    assertRefused(
        () -> verdict(false).assertAccountsAgree(), "receiver 1 of Java sender 0: missing");
  }

  @Test
  void shouldRefuseWhenTheEndWasToldAndTheLogGoesOnBehindIt() throws IOException {
    come(0, 1, 2, 3, 4, 5, 6, 7);
    report(8, 0, true);

    assertRefused(
        () -> verdict(true).assertAccountsAgree(), "missing, to the end", "expected: 2", "0");
    assertRefused(() -> judge(false, NONE), "8 of Java sender 0 is missing", "for no reason");
  }

  @Test
  void shouldRefuseWhenTheFirstOfAllPullersBatchesAreMissing() throws IOException {
    come(2, 3, 4, 5, 6, 7, 8, 9);
    report(8, 0, true);

    assertRefused(() -> judge(false, NONE), "0 of Java sender 0 is missing", "for no reason");
    assertThat(judge(true, NONE)).as("a subscriber that came late").isZero();
  }

  @Test
  void shouldRefuseWhenABatchCameThatWasNeverSent() throws IOException {
    come(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    report(11, 0, true);

    assertRefused(() -> verdict(true).assertTrueAndInOrder(), "never sent", "number=10");
    assertRefused(() -> verdict(false).assertTrueAndInOrder(), "never sent", "number=10");
    came.set(10, "s1 7 3 digest3 3");
    assertRefused(() -> verdict(true).assertTrueAndInOrder(), "the sender of", "incarnation=7");
  }

  @Test
  void shouldRefuseWhenABatchWasAltered() throws IOException {
    come(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    came.set(4, "s1 0 4 other 4");

    assertRefused(() -> verdict(true).assertTrueAndInOrder(), "altered", "number=4", "digest4");
    assertRefused(() -> verdict(false).assertTrueAndInOrder(), "altered", "number=4");
  }

  @Test
  void shouldRefuseWhenABatchCameTwice() throws IOException {
    come(0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9);

    assertRefused(() -> verdict(true).assertTrueAndInOrder(), "came twice", "number=3");
    assertRefused(() -> verdict(false).assertTrueAndInOrder(), "came twice", "number=3");
  }

  @Test
  void shouldRefuseWhenTwoPullersHaveTheSameBatchAndAcceptTwoSubscribers() throws IOException {
    List<PeerLog> logs =
        List.of(
            log(true, 0, folder.resolve("sent"), sent),
            log(false, 1, folder.resolve("one"), List.of(line(3))),
            log(false, 2, folder.resolve("two"), List.of(line(3))));

    assertRefused(
        () -> new ProcessVerdict(logs, false).assertTrueAndInOrder(), "came twice", "number=3");
    new ProcessVerdict(logs, true).assertTrueAndInOrder();
  }

  @Test
  void shouldRefuseWhenTheOrderOfASubscribersBatchesIsAnother() throws IOException {
    come(0, 1, 3, 2, 4, 5, 6, 7, 8, 9);

    assertRefused(() -> verdict(true).assertTrueAndInOrder(), "out of order", "number=2");
  }

  @Test
  void shouldRefuseWhenAReportCountsAnotherNumberOfBatches() throws IOException {
    come(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    report(9, 0, true);

    assertRefused(() -> verdict(true).assertAccountsAgree(), "received", "9", "10");
  }

  @Test
  void shouldRefuseWhenAStreamIsNotAccountedForOrOnlyMadeUp() throws IOException {
    come(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertRefused(() -> verdict(true).assertAccountsAgree(), "streams that Java receiver 1", "s1");
    report(10, 0, true);
    came.add("report s2 10 0 true");

    assertRefused(() -> verdict(true).assertAccountsAgree(), "streams that Java receiver 1", "s2");
  }

  @Test
  void shouldRefuseWhenTwoSendersHaveTheSameStream() throws IOException {
    come(0, 1, 2);
    came.add("s1 5 3 digest3 3");
    report(4, 0, true);
    List<PeerLog> logs =
        List.of(
            log(true, 0, folder.resolve("sent"), sent),
            log(true, 5, folder.resolve("other"), sent),
            log(false, 1, folder.resolve("came"), came));

    assertRefused(
        () -> new ProcessVerdict(logs, true).assertAccountsAgree(), "senders of one stream");
  }

  private ProcessVerdict ofTwo(boolean published, List<String> one, List<String> two)
      throws IOException {
    return new ProcessVerdict(
        List.of(
            log(true, 0, folder.resolve("sent"), sent),
            log(false, 1, folder.resolve("one"), one),
            log(false, 2, folder.resolve("two"), two)),
        published);
  }

  @Test
  void shouldRefuseWhenOneSubscriberHasNotWhatTheOtherHas() throws IOException {
    come(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    List<String> less = new ArrayList<>(came);
    less.remove(4);

    assertRefused(
        () -> ofTwo(true, came, less).assertLostOnly(NONE), "4 of Java sender 0", "receiver 2");
    assertThat(ofTwo(false, less, List.of(line(4))).assertLostOnly(NONE)).isZero();
  }

  @Test
  void shouldAcceptWhenAPullerHasBatchesInAnotherOrder() throws IOException {
    come(0, 1, 3, 2, 4, 5, 6, 7, 8, 9);
    report(10, 0, true);

    assertThat(judge(false, NONE)).isZero();
  }

  @Test
  void shouldRefuseWhenOfAllBatchesOneCameThatWasNotTheFirst() throws IOException {
    senderKilled = true;
    come(2);

    assertRefused(() -> verdict(false).assertLostOnly(NONE), "0 of Java sender 0 is missing");
  }

  @Test
  void shouldExcuseWhatAPullerMayHaveKeptTillItWasKilled() throws IOException {
    come(0, 1, 3, 4, 5, 6, 7, 8, 9);
    report(9, 1, true);

    // Killed long after what was sent next had come.
    assertThat(judge(false, (receivers, sender, from, to) -> from <= 100 && 100 <= to)).isOne();
  }

  @Test
  void shouldAskNoAccountOfAReceiverThatWasKilled() throws IOException {
    come(0, 1, 2);
    PeerLog killed = log(false, 1, folder.resolve("came"), came);
    killed.killed = true;
    PeerLog sender = log(true, 0, folder.resolve("sent"), sent);

    new ProcessVerdict(List.of(sender, killed), true).assertAccountsAgree();
  }

  @Test
  void shouldRefuseWhenASubscriberDoesNotKnowTheEndThatWasSent() throws IOException {
    come(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    report(10, 0, false);

    assertRefused(() -> verdict(true).assertAccountsAgree(), "told the end");
  }

  @Test
  void shouldAcceptAnUnknownTailOnlyIfItContainsTheTruthWhenASenderWasKilled() throws IOException {
    senderKilled = true;
    come(0, 1, 4, 5);
    report(4, 2, false);
    ProcessVerdict.Excuse killed = (receivers, sender, from, to) -> sender.killed;
    assertThat(judge(true, killed)).as("lost 2, or more: in truth 6").isEqualTo(2);
    assertThat(judge(false, killed)).isEqualTo(2);

    came.set(4, "report s1 4 0 false");
    assertRefused(() -> judge(true, killed), "missing, without the tail", "expected: 2", "0");
    assertRefused(() -> judge(false, killed), "missing", "0");

    came.set(4, "report s1 4 7 false");
    assertRefused(() -> judge(true, killed), "missing, without the tail", "expected: 2", "7");
    assertRefused(() -> judge(false, killed), "missing", "7");

    came.set(4, "report s1 4 2 true");
    assertRefused(() -> judge(true, killed), "told an end, and was killed");
    assertRefused(() -> judge(false, killed), "told an end, and was killed");
  }
}
