// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.djl;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import io.tensorcom.djl.TensorcomDataset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A trainer that only waits a set time per step. */
final class EmulatedTrainer implements AutoCloseable {
  /** Batches that were on their way before the trainer began. */
  private static final int SKIP = 30;

  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] STD = {0.229f, 0.224f, 0.225f};

  private final TensorcomDataset dataset;
  private final NDManager manager;
  private final int batches;

  /**
   * What is trained with.
   *
   * @param batches that count in a run
   * @param perEpoch batches
   * @param converts whether uint8 (N, H, W, 3) becomes float32 (N, 3, H, W), and int32 int64
   */
  record Load(int batches, int perEpoch, boolean converts) {
    static Load inOneEpoch(int batches, boolean converts) {
      return new Load(batches, SKIP + batches, converts);
    }
  }

  /**
   * What a run gave.
   *
   * @param busy part of the time that was spent in steps
   * @param stepSeconds how long a step really took
   * @param loadingSeconds waited for each batch, and for the end of the epoch before it
   */
  record Run(double busy, double stepSeconds, List<Double> loadingSeconds) {}

  EmulatedTrainer(String url, NDManager manager, Load load) {
    this.manager = manager;
    this.batches = load.batches;
    TensorcomDataset.Builder builder =
        TensorcomDataset.builder()
            .setUrls(url)
            .setData(0)
            .setLabels(1)
            .optBatchesPerEpoch(load.perEpoch);
    if (load.converts) {
      builder.optWiden(true).optChannelsFirst(true).optNormalize(1 / 255f, MEAN, STD);
    }
    this.dataset = builder.build();
  }

  @Override
  public void close() {
    dataset.close();
  }

  Run run(double stepSeconds) {
    long step = (long) (stepSeconds * 1e9);
    List<Double> loading = new ArrayList<>(batches);
    long busy = 0;
    long begun = 0;
    Iterator<Batch> each = Collections.emptyIterator();
    for (int i = -SKIP; i < batches; i++) {
      long start = System.nanoTime();
      begun = i == 0 ? start : begun;
      if (!each.hasNext()) {
        each = dataset.getData(manager).iterator();
      }
      Batch batch = each.next();
      try (batch) {
        long loaded = System.nanoTime();
        waitUntil(loaded + step);
        if (i >= 0) {
          loading.add((loaded - start) / 1e9);
          busy += System.nanoTime() - loaded;
        }
      }
    }
    long all = System.nanoTime() - begun;
    return new Run((double) busy / all, busy / 1e9 / batches, loading);
  }

  private static void waitUntil(long nanos) {
    for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
