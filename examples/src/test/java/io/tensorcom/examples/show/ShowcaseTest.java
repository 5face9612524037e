// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.TensorBatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ShowcaseTest {
  private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(500);

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - INTERVAL);
  private final Showcase showcase =
      new Showcase(
          new ViewOptions(Mode.IMGCLASS, false, 4, 8, ClassNames.NONE), INTERVAL, clock::get);

  @AfterEach
  void close() {
    showcase.close();
  }

  /** Offers a batch, and waits until it was given back. */
  private void offer(TensorBatch batch) throws Exception {
    showcase.offer(batch);
    batch.whenReleased().toCompletableFuture().get(30, TimeUnit.SECONDS);
    while (!showcase.isIdle()) {
      Thread.onSpinWait();
    }
  }

  private static TensorBatch images() {
    return TensorBatch.of(Tensors.zeros(DType.UINT8, 1, 8, 8, 3));
  }

  private long shown() {
    Showcase.Exhibit exhibit = showcase.look();
    return exhibit == null ? 0 : exhibit.number();
  }

  @Test
  void shouldShowAndGiveBackTheFirstBatchWhenItComes() throws Exception {
    assertThat(showcase.look()).isNull();
    offer(images());
    assertThat(shown()).isEqualTo(1);
    Showcase.Exhibit exhibit = showcase.look();
    assertThat(exhibit).isNotNull();
    assertThat(exhibit.png()).isNotNull();
  }

  @Test
  void shouldGiveBackUnseenWhatComesBeforeTheIntervalIsOver() throws Exception {
    offer(images());
    clock.addAndGet(INTERVAL - 1);
    offer(images());
    assertThat(shown()).isEqualTo(1);
    clock.addAndGet(1);
    offer(images());
    assertThat(shown()).isEqualTo(2);
  }

  @Test
  void shouldRestWhenNobodyLooks() throws Exception {
    long patience = TimeUnit.SECONDS.toNanos(5);
    clock.addAndGet(patience + 1);
    offer(images());
    clock.addAndGet(patience - 1);
    offer(images());
    clock.addAndGet(1);
    offer(images());
    assertThat(shown()).isEqualTo(2);
    // Somebody has looked.
    clock.addAndGet(patience);
    offer(images());
    clock.addAndGet(INTERVAL);
    offer(images());
    assertThat(shown()).isEqualTo(4);
  }

  @Test
  void shouldGoOnWhenABatchCannotBeShown() throws Exception {
    TensorBatch closed = images();
    closed.close();
    offer(closed);
    assertThat(showcase.look()).isNull();
    clock.addAndGet(INTERVAL);
    offer(images());
    assertThat(shown()).isEqualTo(1);
  }

  @Test
  void shouldGiveBackBatchesWhenItIsClosed() throws Exception {
    showcase.close();
    offer(images());
    assertThat(showcase.look()).isNull();
  }
}
