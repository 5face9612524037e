// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A reader looks again at who is there while it waits. */
@Timeout(90)
final class EpochReaderTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Duration SILENCE = Duration.ofMinutes(10);

  @Test
  void shouldLookAgainWhenTheOnlyOtherSenderLeavesWithoutAWord() throws Exception {
    try (TensorReceiver receiver = TensorReceiver.open("zpull://127.0.0.1:0?pool=64M")) {
      String url = receiver.boundEndpoints().get(0).replace("tcp", "zpush") + "?pool=64M";
      TensorSender mute = TensorSender.open(url);
      try (TensorSender sender = TensorSender.open(url)) {
        awaitPeers(receiver, 2);
        boolean[] left = new boolean[1];
        EpochReader.Waiting waiting =
            timeout -> {
              assertThat(timeout).as("time until it looks again").isLessThan(SOON);
              assertThat(left[0]).as("waits though nobody is left to wait for").isFalse();
              long ends = receiver.ends();
              TensorBatch batch = receiver.pollToEnd(timeout);
              // Not with a new end, which is a reason to look of its own.
              if (batch == null && ends > 0 && receiver.ends() == ends) {
                mute.close();
                awaitPeers(receiver, 1);
                left[0] = true;
              }
              return batch;
            };
        Tensor tensor = Tensor.allocate(sender.pool(), DType.UINT8, 1000);
        sender.serveEpochs(
            1, epoch -> List.of(TensorBatch.of(tensor)).iterator(), ServeOptions.forEver());
        EpochReader reader = new EpochReader(receiver, SILENCE, waiting);

        TensorBatch first = reader.next();
        assertThat(first).isNotNull();
        first.close();

        assertThat(reader.next()).isNull();
        assertThat(left[0]).as("there was something to wait for").isTrue();
        assertThat(reader.report().end()).isEqualTo(EpochReport.End.TOLD);
      } finally {
        mute.close();
      }
    }
  }

  private static TensorBatch batch(TensorReceiver receiver) {
    return TensorBatch.of(Tensor.allocate(receiver.pool(), DType.UINT8, 10));
  }

  private static void take(EpochReader reader) throws InterruptedException {
    try (TensorBatch taken = reader.next()) {
      assertThat(taken).isNotNull();
    }
  }

  @Test
  void shouldLetNoSilencePassWhenNobodyWaits() throws Exception {
    try (TensorReceiver receiver = TensorReceiver.open("zpull://127.0.0.1:0?pool=64M")) {
      AtomicInteger polls = new AtomicInteger();
      EpochReader.Waiting waiting =
          timeout -> polls.incrementAndGet() == 1 ? batch(receiver) : null;
      EpochReader reader = new EpochReader(receiver, Duration.ofNanos(1), waiting);
      take(reader);

      assertThat(reader.next(() -> polls.get() > 10)).isNull();

      assertThat(polls).as("one with a batch, nine unheeded, one too many").hasValue(11);
      assertThat(reader.report().end()).isEqualTo(EpochReport.End.SILENCE);
    }
  }

  @Test
  void shouldSayThatNothingComesWhenEpochsAreReadOnAndNobodyIsLeft() throws Exception {
    String url = "zpull://127.0.0.1:0?pool=64M&timeout=1ms";
    try (TensorReceiver receiver = TensorReceiver.open(url)) {
      AtomicInteger polls = new AtomicInteger();
      EpochReader.Waiting waiting =
          timeout -> polls.incrementAndGet() == 1 ? batch(receiver) : null;
      EpochReader reader = new EpochReader(receiver, Duration.ofNanos(1), waiting);
      take(reader);
      assertThat(reader.next()).as("the rest of the first epoch").isNull();
      assertThat(reader.next()).as("an epoch of silence").isNull();
      assertThat(reader.isStreamEnded()).isFalse();

      assertThatThrownBy(
              () -> {
                while (!reader.isStreamEnded()) {
                  assertThat(reader.next()).isNull();
                }
              })
          .isInstanceOf(ReceiveTimeoutException.class);
    }
  }

  @Test
  void shouldBeginToCountTheSilenceAnewWhenTheConsumerTookLong() throws Exception {
    Duration silence = Duration.ofSeconds(3);
    try (TensorReceiver receiver = TensorReceiver.open("zpull://127.0.0.1:0?pool=64M")) {
      AtomicInteger polls = new AtomicInteger();
      EpochReader.Waiting waiting =
          timeout -> polls.incrementAndGet() == 2 ? null : batch(receiver);
      EpochReader reader = new EpochReader(receiver, silence, waiting);
      take(reader);
      long until = System.nanoTime() + silence.toNanos();
      while (System.nanoTime() < until) {
        LockSupport.parkNanos(until - System.nanoTime());
      }

      take(reader);
    }
  }

  private static void awaitPeers(TensorReceiver receiver, int count) {
    long start = System.nanoTime();
    while (receiver.stats().socket().peers() != count) {
      assertThat(System.nanoTime() - start).isLessThan(SOON.toNanos());
      Thread.onSpinWait();
    }
  }
}
