// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.ShardPosition;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When a receiver takes streams for ended and senders for gone. */
final class StreamLedgerEndsTest {
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

  @Test
  void shouldNotTakeASenderForGoneWhenItsConnectionWasLostJustNow() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_STREAM, A);
    receive(2, 0, 0, 0, B);
    now += TimeUnit.SECONDS.toNanos(8);
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A, B))).ended()).isFalse();

    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A))).ended())
        .as("it sends every ten seconds")
        .isFalse();
    now += TimeUnit.SECONDS.toNanos(5) - 1;
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A))).ended()).isFalse();
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A, B))).ended())
        .as("it is back")
        .isFalse();
    now++;
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A))).ended()).isFalse();
    now += TimeUnit.SECONDS.toNanos(5);

    StreamLedger.Epochs epochs = ledger.epochs(Map.of(), senders(0, Set.of(A)));
    assertThat(epochs.ended()).isTrue();
    assertThat(epochs.gone()).containsExactly(Map.entry(2L, B));
  }

  @Test
  void shouldNotTakeASenderForGoneWhenItWasHeardBetweenTwoLostConnections() {
    receive(1, 0, 0, BatchOrigin.LAST_OF_STREAM, A);
    receive(2, 0, 0, 0, B);
    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A))).ended()).isFalse();
    now += TimeUnit.MINUTES.toNanos(1);
    receive(2, 1, 0, 0, B);

    assertThat(ledger.epochs(Map.of(), senders(0, Set.of(A))).ended()).isFalse();
  }

  @Test
  void shouldNotEndAStreamOfWhichSomethingWaitsThatCameByAnotherConnection() {
    receive(1, 0, 0, 0, B);
    receive(1, 3, 0, BatchOrigin.LAST_OF_EPOCH | BatchOrigin.LAST_OF_STREAM, A);

    StreamLedger.Epochs epochs =
        ledger.epochs(
            Map.of(), new ConnectedSenders(true, Set.of(A), Set.of(A, B), 0, Set.of(), Set.of(B)));
    assertThat(epochs.ended()).isFalse();
    assertThat(epochs.isOver()).isFalse();
    epochs = ledger.epochs(Map.of(), new ConnectedSenders(true, Set.of(A), Set.of(A), 0));
    assertThat(epochs.ended()).isTrue();
    assertThat(epochs.isOver()).isTrue();
  }

  @Test
  void shouldNotEndASharedStreamBeforeASenderThatTellsEndsHasToldIt() {
    StreamLedger puller =
        new StreamLedger(StreamStats.Missing.ELSEWHERE_OR_LOST, () -> now, () -> now);
    long flags = BatchOrigin.LAST_OF_EPOCH | BatchOrigin.LAST_OF_STREAM;
    puller.received(new BatchOrigin(1, 9, 0, 9, ShardPosition.UNKNOWN, flags, now), A);
    ConnectedSenders telling =
        new ConnectedSenders(true, Set.of(A), Set.of(), 1, Set.of(A), Set.of());

    StreamLedger.Epochs epochs = puller.epochs(Map.of(), telling);
    assertThat(epochs.ended()).as("a batch of a lost puller may come").isFalse();
    assertThat(epochs.isOver()).isFalse();
    assertThat(epochs.open()).containsExactly(A);
    assertThat(puller.epochs(Map.of(), senders(1, Set.of(A))).ended())
        .as("one that tells nothing but by flags")
        .isTrue();
    assertThat(puller.epochs(Map.of(), senders(1, Set.of())).ended()).as("it is gone").isTrue();
    now += TimeUnit.SECONDS.toNanos(1);
    assertThat(puller.epochs(Map.of(), telling).ended()).as("another puller stands still").isTrue();
    now--;
    assertThat(puller.epochs(Map.of(), telling).ended()).isFalse();
    puller.ended(new EndNotice(1, 9, 0, 10, true), A);

    epochs = puller.epochs(Map.of(), telling);
    assertThat(epochs.ended()).isTrue();
    assertThat(epochs.isOver()).isTrue();
    assertThat(puller.epochs(Map.of(1L, 1L), telling).isOver()).isFalse();
  }
}
