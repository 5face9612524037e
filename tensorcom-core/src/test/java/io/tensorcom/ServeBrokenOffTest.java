// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.SendResult;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Serving epochs takes a batch before the one in front of it is sent, of the same epoch or of the
 * next one: whatever ends it early, that batch is closed, too.
 */
@Timeout(60)
final class ServeBrokenOffTest {
  private final TensorPool pool = TensorPool.ofBudget(1 << 20);
  private final AtomicInteger made = new AtomicInteger();

  /** Nobody connects to it. */
  private final TensorSender sender =
      TensorSender.open(TensorcomConfig.builder().pool(pool).build(), "zrpush://127.0.0.1:0");

  @AfterEach
  void close() {
    sender.close(Duration.ZERO);
    pool.close();
  }

  /** A stream makes each batch when it is asked whether there is one. */
  private Iterator<TensorBatch> batches(int count, long... shape) {
    return IntStream.range(0, count)
        .mapToObj(
            i -> {
              made.incrementAndGet();
              return TensorBatch.of(Tensor.allocate(pool, DType.UINT8, shape));
            })
        .iterator();
  }

  private void assertTwoWereMadeAndClosed() {
    assertThat(made).as("one is served, one is held back").hasValue(2);
    assertThat(pool.stats().leases()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void shouldCloseTheBatchBehindWhenNoPeerTakesOne(int batchesInEpoch) throws Exception {
    ServeReport report =
        sender.serveEpochs(
            2, epoch -> batches(batchesInEpoch, 8), ServeOptions.patient(Duration.ofMillis(1)));

    assertThat(report.end()).isEqualTo(SendResult.TIMED_OUT);
    assertTwoWereMadeAndClosed();
  }

  @Test
  void shouldThrowTheFailureOfTheSourceWhenNoPeerTakesTheBatchBefore() {
    Iterator<TensorBatch> one = batches(1, 8);

    assertThatThrownBy(
            () ->
                sender.serveEpochs(
                    2,
                    epoch -> new FailingSource(one, false),
                    ServeOptions.patient(Duration.ofMillis(1))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(FailingSource.MESSAGE);

    assertThat(made).hasValue(1);
    assertThat(pool.stats().leases()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void shouldCloseTheBatchBehindWhenServingIsInterrupted(int batchesInEpoch) {
    Thread.currentThread().interrupt();

    assertThatThrownBy(
            () ->
                sender.serveEpochs(2, epoch -> batches(batchesInEpoch, 8), ServeOptions.forEver()))
        .isInstanceOf(InterruptedException.class);

    assertTwoWereMadeAndClosed();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void shouldCloseTheBatchBehindWhenOneCannotBeSent(int batchesInEpoch) {
    // Of rank 0, which the wire does not have.
    assertThatThrownBy(
            () -> sender.serveEpochs(2, epoch -> batches(batchesInEpoch), ServeOptions.forEver()))
        .isInstanceOf(IllegalArgumentException.class);

    assertTwoWereMadeAndClosed();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void shouldCloseTheBatchBehindWhenTheSenderIsClosed(int batchesInEpoch) throws Exception {
    sender.close(Duration.ZERO);

    ServeReport report =
        sender.serveEpochs(2, epoch -> batches(batchesInEpoch, 8), ServeOptions.forEver());

    assertThat(report.end()).isEqualTo(SendResult.CLOSED);
    assertTwoWereMadeAndClosed();
  }
}
