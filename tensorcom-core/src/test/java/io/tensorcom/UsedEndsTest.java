// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.ConnectedSenders;
import io.tensorcom.stream.StreamLedger;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.ShardPosition;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What streams owe that go, come back and are forgotten, with a receiver's book. */
final class UsedEndsTest {
  private static final String A = "tcp://10.0.1.149:7880";
  private static final String B = "tcp://10.0.1.150:7880";

  private long now;
  private final StreamLedger ledger =
      new StreamLedger(StreamStats.Missing.LOST, () -> now, () -> now);
  private final UsedEnds used = new UsedEnds(ledger::streamOf, ledger::knows);

  private void receive(long stream, long sequence, long epoch, long flags, String peer) {
    now++;
    ledger.received(
        new BatchOrigin(stream, sequence, epoch, 0, ShardPosition.UNKNOWN, flags, now), peer);
  }

  private void endsEpoch(long stream, long epoch, String peer) {
    receive(stream, epoch, epoch, BatchOrigin.LAST_OF_EPOCH, peer);
  }

  private StreamLedger.Epochs epochs(String... connected) {
    return ledger.epochs(
        used.byStream(), new ConnectedSenders(true, Set.of(connected), Set.of(), 0));
  }

  @Test
  void shouldOweTheEndOfTheEpochThatItWasLeftBehindInWhenItSaidNothingYet() {
    endsEpoch(1, 0, A);
    used.useUp(epochs(A, B));
    endsEpoch(1, 1, A);

    endsEpoch(2, 0, B);

    assertThat(epochs(A, B).open()).containsExactly(B);
    endsEpoch(2, 1, B);
    assertThat(epochs(A, B).isOver()).isTrue();
  }

  @Test
  void shouldOweTheEndOfTheEpochThatItWentAwayInWhenItComesBack() {
    receive(2, 0, 0, 0, B);
    endsEpoch(1, 0, A);
    assertThat(epochs(A).isOver()).isFalse();
    now += TimeUnit.SECONDS.toNanos(5);
    StreamLedger.Epochs first = epochs(A);
    assertThat(first.isOver()).isTrue();
    assertThat(used.useUp(first)).containsExactly(B);
    endsEpoch(1, 1, A);

    receive(2, 1, 0, BatchOrigin.LAST_OF_EPOCH, B);

    assertThat(epochs(A, B).open()).containsExactly(B);
    receive(2, 2, 1, BatchOrigin.LAST_OF_EPOCH, B);
    assertThat(epochs(A, B).isOver()).isTrue();
  }

  @Test
  void shouldOweNothingWhenItComesBehindTheAddressOfOneThatWentWithoutAWord() {
    endsEpoch(1, 0, A);
    used.useUp(epochs(A, B));
    endsEpoch(1, 1, A);
    used.useUp(epochs(A));
    endsEpoch(1, 2, A);

    endsEpoch(2, 0, B);

    assertThat(epochs(A, B).isOver()).isTrue();
  }

  @Test
  void shouldCountAnewWhenAStreamComesBackThatTheBookHasForgotten() {
    endsEpoch(0, 0, A);
    used.useUp(epochs(A));
    for (int stream = 1; stream <= 2000; stream++) {
      endsEpoch(stream, 0, A);
      used.useUp(epochs(A));
    }
    assertThat(ledger.knows(0)).isFalse();
    assertThat(used.byStream()).hasSize(ledger.streams().size());

    endsEpoch(0, 1, A);

    assertThat(epochs(A).isOver()).isTrue();
  }
}
