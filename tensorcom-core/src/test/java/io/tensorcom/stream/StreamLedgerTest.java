// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.ShardPosition;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The receiver's book, by a clock of the test's. */
final class StreamLedgerTest {
  private static final String A = "tcp://10.0.1.149:7880";
  private static final String B = "tcp://10.0.1.150:7880";

  private long now;
  private final StreamLedger ledger =
      new StreamLedger(StreamStats.Missing.LOST, () -> now, () -> now);

  private void receive(long stream, long sequence, long epoch, long flags, String peer) {
    ledger.received(
        new BatchOrigin(stream, sequence, epoch, 0, ShardPosition.UNKNOWN, flags, now), peer);
  }

  private static ConnectedSenders senders(int expected, Set<String> connected) {
    return new ConnectedSenders(true, connected, Set.of(), expected);
  }

  private StreamStats only() {
    assertThat(ledger.streams()).hasSize(1);
    return ledger.streams().get(0);
  }

  @Test
  void shouldNameTheGapsWhenBatchesDoNotCome() {
    receive(1, 10, 0, 0, A);
    receive(1, 13, 0, 0, A);
    receive(1, 14, 0, 0, A);
    receive(1, 16, 0, 0, A);

    assertThat(only().missing()).isEqualTo(3);
    assertThat(only().gaps()).containsExactly(new SequenceRange(11, 12), new SequenceRange(15, 15));
    assertThat(only().lossLine()).isEqualTo("lost 3 of 7 from 10.0.1.149:7880; unknown tail");
    assertThat(ledger.missing()).isEqualTo(3);
  }

  @Test
  void shouldCountDuplicatesAndReorderingsApartWhenBothHappen() {
    for (int sequence : new int[] {0, 3, 1, 1, 2, 3}) {
      receive(1, sequence, 0, 0, A);
    }

    assertThat(only().missing()).isZero();
    assertThat(only().received()).isEqualTo(4);
    assertThat(only().reordered()).isEqualTo(2);
    assertThat(only().duplicates()).isEqualTo(2);
  }

  @Test
  void shouldCountARestartWhenANewStreamComesFromAnOldAddress() {
    receive(1, 0, 0, 0, A);
    receive(2, 0, 0, 0, B);
    assertThat(ledger.restarts()).isZero();

    receive(3, 0, 0, 0, A);

    assertThat(ledger.restarts()).isEqualTo(1);
    assertThat(ledger.streams())
        .extracting(StreamStats::lossLine)
        .containsExactly(
            "lost 0 of 1 from 10.0.1.149:7880; unknown tail; started again",
            "lost 0 of 1 from " + B.replace("tcp://", "") + "; unknown tail",
            "lost 0 of 1 from 10.0.1.149:7880; unknown tail");
  }

  @Test
  void shouldCountTheTailAsMissingWhenTheEndWasToldButDidNotCome() {
    receive(1, 0, 0, 0, A);

    ledger.ended(new EndNotice(1, 4, 0, 5, true), A);

    assertThat(only().missing()).isEqualTo(4);
    assertThat(only().last()).isEqualTo(4);
    assertThat(only().gaps()).containsExactly(new SequenceRange(1, 4));
    assertThat(only().streamEnded()).isTrue();
  }

  @Test
  void shouldEndAnEpochOnlyWhenAllConnectedSendersHaveEndedIt() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_EPOCH, A);
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A, B))).isOver())
        .as("B was not heard")
        .isFalse();
    receive(2, 0, 0, 0, B);
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A, B))).open()).containsExactly(B);

    receive(2, 1, 0, BatchOrigin.LAST_OF_EPOCH, B);

    StreamLedger.Epochs epochs = ledger.epochs(Map.of(), senders(0, Set.of(A, B)));
    assertThat(epochs.isOver()).isTrue();
    assertThat(epochs.ended()).isFalse();
    assertThat(ledger.epochs(Map.of(1L, 1L, 2L, 1L), senders(0, Set.of(A, B))).isOver()).isFalse();
  }

  @Test
  void shouldNameASenderAsGoneWhenItIsSilentAndNotConnected() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_EPOCH, A);
    receive(2, 0, 0, 0, B);
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A))).isOver()).isFalse();
    now += TimeUnit.SECONDS.toNanos(5) - 1;
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A))).isOver()).isFalse();

    now++;

    StreamLedger.Epochs epochs = ledger.epochs(Map.of(), senders(0, Set.of(A)));
    assertThat(epochs.isOver()).isTrue();
    assertThat(epochs.gone()).containsExactly(Map.entry(2L, B));
  }

  @Test
  void shouldNotTakeASenderForGoneWhenItsLastBatchesWaitToBeTaken() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_EPOCH, A);
    receive(2, 0, 0, 0, B);
    now += TimeUnit.MINUTES.toNanos(1);

    StreamLedger.Epochs epochs =
        ledger.epochs(Map.of(), new ConnectedSenders(true, Set.of(A), Set.of(B), 0));

    assertThat(epochs.gone()).isEmpty();
    assertThat(epochs.open()).containsExactly(B);
    assertThat(epochs.quietNanos()).isZero();
  }

  @Test
  void shouldTellForHowLongNothingWasHeardOfThoseThatHaveNotEnded() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_EPOCH, A);
    receive(2, 0, 0, 0, B);
    now += 7;
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A, B))).quietNanos()).isEqualTo(7);
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A, B, "c"))).quietNanos())
        .as("one that has just connected")
        .isZero();
    now += 3;

    StreamLedger.Epochs epochs = ledger.epochs(Map.of(), senders(0, Set.of(A, B, "c")));
    assertThat(epochs.quietNanos()).isEqualTo(3);
    assertThat(epochs.isOverBut(3)).isTrue();
    assertThat(epochs.isOverBut(4)).isFalse();
    assertThat(epochs.open()).containsExactly(B, "c");
    assertThat(ledger.epochs(Map.of(1L, 1L), senders(0, Set.of(A, B))).isOverBut(0))
        .as("nobody has ended")
        .isFalse();
  }

  @Test
  void shouldCountSilenceFromWhenTheLastOfASenderWaitedToBeTaken() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_EPOCH, A);
    receive(2, 0, 0, 0, B);
    now += 7;
    ledger.epochs(Map.of(), new ConnectedSenders(true, Set.of(A, B), Set.of(B), 0));
    now += 2;

    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A, B))).quietNanos()).isEqualTo(2);
  }

  @Test
  void shouldCountSilenceFromWhenTheLastOfAnUnknownSenderWaitedToBeTaken() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_EPOCH, A);
    ledger.epochs(Map.of(), senders(0, Set.of(A, B)));
    now += 7;
    ledger.epochs(Map.of(), new ConnectedSenders(true, Set.of(A, B), Set.of(B), 0));
    now += 2;

    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A, B))).quietNanos()).isEqualTo(2);
  }

  @Test
  void shouldBlameNobodyForATimeThatIsLeftOut() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_EPOCH, A);
    receive(2, 0, 0, 0, B);
    ledger.epochs(Map.of(), senders(0, Set.of(A, B, "c")));
    now += 1007;

    ledger.leaveOut(1000);

    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A, B))).quietNanos()).isEqualTo(7);
    receive(2, 1, 0, 0, B);
    now += 3;
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A, B))).quietNanos()).isEqualTo(3);
  }

  @Test
  void shouldHearASenderThatTellsNothing() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_EPOCH, A);
    ledger.epochs(Map.of(), senders(0, Set.of(A, B)));
    now += 7;

    ledger.heard(B);

    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A, B))).quietNanos()).isZero();
  }

  @Test
  void shouldWaitForSendersThatAreNotConnectedYetWhenTheOthersHaveEnded() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_STREAM, A);
    assertThat(ledger.epochs(Map.of(), senders(2, Set.of(A))).isOver()).isFalse();
    assertThat(ledger.epochs(Map.of(), senders(2, Set.of(A))).ended()).isFalse();
    assertThat(ledger.epochs(Map.of(), senders(1, Set.of(A))).ended()).isTrue();

    now += TimeUnit.SECONDS.toNanos(5);

    assertThat(ledger.epochs(Map.of(), senders(2, Set.of())).isOver()).isTrue();
    assertThat(ledger.epochs(Map.of(), senders(2, Set.of())).ended()).isTrue();
  }

  @Test
  void shouldNotEndWhenASenderIsConnectedThatWasNeverHeard() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_STREAM, A);
    now += TimeUnit.MINUTES.toNanos(5);

    assertThat(ledger.epochs(Map.of(), senders(2, Set.of(A, B))).ended()).isFalse();
    assertThat(ledger.epochs(Map.of(), senders(2, Set.of(A))).ended()).isTrue();
  }

  @Test
  void shouldNotEndWhenNobodyToldSoAndTheSenderIsAway() {
    receive(1, 0, 0, 0, A);
    assertThat(ledger.epochs(Map.of(), senders(1, Set.of())).ended()).isFalse();
    now += TimeUnit.MINUTES.toNanos(5);
    assertThat(ledger.epochs(Map.of(), senders(1, Set.of())).ended()).isFalse();

    receive(2, 0, 0, BatchOrigin.LAST_OF_STREAM, B);

    assertThat(ledger.epochs(Map.of(), senders(2, Set.of(B))).ended()).isTrue();
  }

  @Test
  void shouldTakeNobodyForGoneWhenTheTransportCannotTellWhoIsConnected() {
    ConnectedSenders unknown = new ConnectedSenders(false, Set.of(), Set.of(), 2);
    receive(1, 0, 0, BatchOrigin.LAST_OF_STREAM, "");
    now += TimeUnit.MINUTES.toNanos(5);
    assertThat(ledger.epochs(Map.of(), unknown).ended()).as("the other was not heard").isFalse();
    receive(2, 0, 0, 0, "");
    now += TimeUnit.MINUTES.toNanos(5);
    StreamLedger.Epochs silent = ledger.epochs(Map.of(), unknown);
    assertThat(silent.ended()).isFalse();
    assertThat(silent.isOver()).isFalse();
    assertThat(silent.gone()).isEmpty();

    receive(2, 1, 0, BatchOrigin.LAST_OF_STREAM, "");

    assertThat(ledger.epochs(Map.of(), unknown).ended()).isTrue();
  }

  @Test
  void shouldNotWaitForTheOldStreamWhenItsSenderWasStartedAgain() {
    receive(1, 0, 0, 0, A);
    receive(2, 0, 0, BatchOrigin.LAST_OF_STREAM, A);

    StreamLedger.Epochs epochs = ledger.epochs(Map.of(), senders(1, Set.of(A)));
    assertThat(epochs.isOver()).isTrue();
    assertThat(epochs.gone()).containsExactly(Map.entry(1L, A));
    assertThat(epochs.ended()).isTrue();
    assertThat(ledger.epochs(Map.of(), senders(2, Set.of(A))).ended())
        .as("two streams of one sender are not two senders")
        .isFalse();
  }

  @Test
  void shouldWaitForAnOlderStreamWhenItCameBackBehindItsAddress() {
    receive(1, 0, 0, 0, A);
    now++;
    receive(2, 0, 0, 0, A);
    receive(3, 0, 0, BatchOrigin.LAST_OF_EPOCH, B);
    now++;

    receive(1, 1, 0, 0, A);

    StreamLedger.Epochs epochs = ledger.epochs(Map.of(), senders(0, Set.of(A, B)));
    assertThat(epochs.behind()).containsExactly(Map.entry(1L, 0L));
    assertThat(epochs.gone()).containsExactly(Map.entry(2L, A));
    assertThat(ledger.streamOf(A)).isEqualTo(1);
    receive(1, 2, 0, BatchOrigin.LAST_OF_EPOCH, A);
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A, B))).isOver()).isTrue();
  }

  @Test
  void shouldNotWaitForTheOldStreamWhenTheLastOfItIsTakenBehindTheFirstOfTheNew() {
    receive(1, 0, 0, 0, A);
    long sent = ++now;
    now++;
    receive(2, 0, 0, 0, A);

    ledger.received(new BatchOrigin(1, 1, 0, 1, ShardPosition.UNKNOWN, 0, sent), A);
    ledger.ended(new EndNotice(1, 1, 0, 2, false), A);

    assertThat(ledger.streamOf(A)).isEqualTo(2);
    StreamLedger.Epochs epochs = ledger.epochs(Map.of(1L, 1L), senders(0, Set.of(A)));
    assertThat(epochs.behind()).containsExactly(Map.entry(2L, 0L));
    assertThat(epochs.gone()).containsExactly(Map.entry(1L, A));
    assertThat(ledger.restarts()).isEqualTo(1);
  }

  @Test
  void shouldTakeAnEpochForOverWhenALaterOneIsHeardOf() {
    receive(1, 0, 3, 0, A);
    assertThat(ledger.ends()).isZero();
    receive(1, 1, 4, 0, A);

    assertThat(ledger.epochs(Map.of(), senders(1, Set.of(A))).isOver()).isTrue();
    assertThat(ledger.ends()).isEqualTo(1);
    ledger.ended(new EndNotice(1, 0, 3, 1, false), A);
    assertThat(ledger.epochs(Map.of(1L, 1L), senders(1, Set.of(A))).done()).isEmpty();
  }

  @Test
  void shouldTakeEveryEpochForOverThatIsNotHeardOfAnyMore() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_EPOCH, A);
    // It went away in epoch 1, which used that one's end up, and comes back in epoch 2.
    Map<Long, Long> taken = Map.of(1L, 2L);
    receive(1, 7, 2, 0, A);
    assertThat(ledger.epochs(taken, senders(1, Set.of(A))).done()).isEmpty();

    receive(1, 8, 2, BatchOrigin.LAST_OF_EPOCH, A);

    assertThat(ledger.epochs(taken, senders(1, Set.of(A))).done()).containsExactly(1L);
  }

  @Test
  void shouldOweNothingWhenTheEndsOfSeveralEpochsWereLost() {
    receive(1, 0, 0, 0, A);
    // Silence cut epochs 0 to 3.
    Map<Long, Long> taken = Map.of(1L, 4L);
    receive(1, 90, 4, 0, A);
    assertThat(ledger.epochs(taken, senders(1, Set.of(A))).done()).isEmpty();

    receive(1, 91, 4, BatchOrigin.LAST_OF_EPOCH, A);

    assertThat(ledger.epochs(taken, senders(1, Set.of(A))).done()).containsExactly(1L);
  }

  @Test
  void shouldWaitForASenderOfWhichNothingWasTakenYetThoughItIsGone() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_STREAM, A);

    StreamLedger.Epochs epochs =
        ledger.epochs(Map.of(), new ConnectedSenders(true, Set.of(A), Set.of(B), 0));

    assertThat(epochs.open()).containsExactly(B);
    assertThat(epochs.isOver()).isFalse();
    assertThat(epochs.ended()).isFalse();
  }

  @Test
  void shouldTakeTwoAddressesForOneSenderWhenOneStreamComesFromBoth() {
    for (String address : new String[] {A, B, A, B}) {
      receive(1, 0, 0, BatchOrigin.LAST_OF_STREAM, address);
    }
    assertThat(only().duplicates()).isEqualTo(3);
    assertThat(ledger.epochs(Map.of(), senders(1, Set.of(A, B))).open()).isEmpty();
    assertThat(ledger.epochs(Map.of(), senders(1, Set.of(A, B))).ended()).isTrue();

    receive(2, 0, 0, 0, A);
    assertThat(ledger.restarts()).as("the other address may still be the old one's").isZero();
    receive(2, 1, 0, 0, B);

    assertThat(ledger.restarts()).isEqualTo(1);
    assertThat(ledger.streamOf(A)).isEqualTo(2);
  }

  @Test
  void shouldKnowFewAddressesWhenASenderComesFromAnotherOneEachTime() {
    for (int port = 0; port < 1000; port++) {
      receive(1, port, 0, 0, "tcp://10.0.0.1:" + port);
    }

    assertThat(ledger.streamOf("tcp://10.0.0.1:999")).isEqualTo(1);
    assertThat(ledger.streamOf("tcp://10.0.0.1:0")).isNull();
    assertThat(ledger.restarts()).isZero();
  }

  @Test
  void shouldTakeASenderForSilentByWhatOthersSendWhenTheTransportCannotTellOfWhomSomethingWaits() {
    ConnectedSenders unknown = new ConnectedSenders(false, Set.of(), Set.of(), 2);
    receive(1, 0, 0, BatchOrigin.LAST_OF_EPOCH, "");
    receive(2, 0, 0, 0, "");
    now += 7;
    receive(1, 1, 1, 0, "");
    assertThat(ledger.epochs(Map.of(), unknown).isOverBut(7)).as("it may wait").isFalse();

    for (int sequence = 2; sequence < 200; sequence++) {
      receive(1, sequence, 1, 0, "");
    }

    assertThat(ledger.epochs(Map.of(), unknown).isOverBut(7)).isTrue();
    assertThat(ledger.epochs(Map.of(), unknown).isOverBut(8)).isFalse();
    receive(2, 1, 0, 0, "");
    assertThat(ledger.epochs(Map.of(), unknown).isOverBut(1)).isFalse();
  }

  @Test
  void shouldCountNothingWhenOnlyTheEndWasToldAndAsMuchAsFitsWhenNumbersAreMadeUp() {
    ledger.ended(new EndNotice(1, 39, 0, 40, true), A);
    assertThat(only().lossLine()).isEqualTo("lost 0 of 0 from 10.0.1.149:7880");

    receive(1, 0, 0, 0, A);
    receive(1, Long.MAX_VALUE, 0, 0, A);

    assertThat(only().lossLine()).matches("lost [0-9,]+ of 9,223,372,036,854,775,807 from .*");
  }

  @Test
  void shouldTakeLittleMemoryWhateverComes() {
    long before = allocated();
    for (int stream = 0; stream < 300; stream++) {
      receive(stream, 0, 0, 0, A);
      receive(stream, (1 << 24) - 1, 0, 0, A);
    }
    assertThat(allocated() - before).isLessThan(64L << 20);
    SequenceSet set = new SequenceSet(new SequenceSet.Budget(0));
    set.add(0);
    before = allocated();
    for (long i = 1; i < 1_000_000; i++) {
      set.add(i);
    }
    assertThat(allocated() - before).as("nothing for each batch").isLessThan(100_000);
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }

  @Test
  void shouldCountAnEndOnceWhenItIsToldByFlagAndByNotice() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_EPOCH, A);
    ledger.ended(new EndNotice(1, 0, 0, 1, false), A);

    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A))).done()).containsExactly(1L);
    assertThat(ledger.epochs(Map.of(1L, 1L), senders(0, Set.of(A))).done()).isEmpty();
  }

  @Test
  void shouldStayBoundedWhenStreamsNeverEndToCome() {
    receive(0, 0, 0, 0, A);
    receive(0, 2, 0, 0, A);
    for (int stream = 1; stream <= StreamLedger.MAX_STREAMS; stream++) {
      receive(stream, 0, 0, 0, B);
    }

    assertThat(ledger.streams()).hasSize(StreamLedger.MAX_STREAMS);
    assertThat(ledger.forgotten()).isEqualTo(1);
    assertThat(ledger.missing()).as("the loss is not forgotten").isEqualTo(1);
  }

  @Test
  void shouldMeasureLatencyWhenClocksAgree() {
    BatchOrigin origin = new BatchOrigin(1, 0, 0, 0, ShardPosition.UNKNOWN, 0, now);
    now += TimeUnit.MILLISECONDS.toNanos(20);

    ledger.received(origin, A);

    assertThat(only().latency().median()).isBetween(19_000_000L, 21_000_000L);
    assertThat(only().latency().max()).isBetween(19_000_000L, 21_000_000L);
  }
}
