// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import io.tensorcom.tensor.TensorBatch;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds what was last made of a batch, and makes it anew from time to time, on a thread of its own
 * so that batches go on being taken meanwhile. That thread works a tenth of the time at most, and
 * hardly when nobody looks. Thread-safe; batches are offered by one thread.
 */
final class Showcase implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Showcase.class);
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int SHARE = 10;

  /**
   * A snapshot as it is served.
   *
   * @param number 1, 2, 3 and so on
   * @param png its picture, if it has one; only read
   */
  record Exhibit(long number, long atNanos, Snapshot snapshot, @Nullable ByteBuffer png) {}

  private final ViewOptions options;
  private final long intervalNanos;
  private final LongSupplier nanoClock;
  private final ExecutorService painter =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread thread = new Thread(work, "tensorcom-show");
            thread.setDaemon(true);
            return thread;
          });
  private volatile @Nullable Exhibit exhibit;
  private volatile boolean painting;
  private volatile long nextNanos;
  private volatile long lookedNanos;

  Showcase(ViewOptions options, long intervalNanos, LongSupplier nanoClock) {
    this.options = options;
    this.intervalNanos = intervalNanos;
    this.nanoClock = nanoClock;
    this.nextNanos = nanoClock.getAsLong();
    this.lookedNanos = nextNanos;
  }

  /** Takes over a batch, and closes it soon. */
  void offer(TensorBatch batch) {
    if (painting || nanoClock.getAsLong() - nextNanos < 0) {
      batch.close();
      return;
    }
    painting = true;
    try {
      painter.execute(() -> paint(batch));
    } catch (RejectedExecutionException e) {
      painting = false;
      batch.close();
    }
  }

  private void paint(TensorBatch batch) {
    long start = nanoClock.getAsLong();
    try {
      Snapshot snapshot;
      try (batch) {
        snapshot = Snapshot.of(batch, options);
      }
      ImageGrid grid = snapshot.grid();
      ByteBuffer png = grid == null ? null : ByteBuffer.wrap(grid.picture().toPng());
      Exhibit before = exhibit;
      exhibit = new Exhibit(before == null ? 1 : before.number + 1, start, snapshot, png);
    } catch (RuntimeException e) {
      LOG.warn("batch not shown: {}", batch, e);
    } finally {
      long end = nanoClock.getAsLong();
      long pause = end - lookedNanos > PATIENCE_NANOS ? PATIENCE_NANOS : intervalNanos;
      nextNanos = start + Math.max(pause, SHARE * (end - start));
      painting = false;
    }
  }

  /** {@return the newest; null if no batch has come} */
  @Nullable Exhibit look() {
    lookedNanos = nanoClock.getAsLong();
    Exhibit shown = exhibit;
    return shown;
  }

  /** {@return whether the batch that was taken over last has been dealt with} */
  boolean isIdle() {
    return !painting;
  }

  @Override
  public void close() {
    painter.shutdown();
  }
}
