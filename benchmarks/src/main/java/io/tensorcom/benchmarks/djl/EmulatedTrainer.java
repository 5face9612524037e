// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.djl;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import io.tensorcom.djl.TensorcomDataset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A trainer that only waits a set time per step. */
final class EmulatedTrainer implements AutoCloseable {
  /** Batches that were on their way before the trainer began. */
  private static final int SKIP = 30;

  private final TensorcomDataset dataset;
  private final NDManager manager;
  private final int batches;

  /**
   * What a run gave.
   *
   * @param busy part of the time that was spent in steps
   * @param stepSeconds how long a step really took
   * @param loadingSeconds waited for each batch
   */
  record Run(double busy, double stepSeconds, List<Double> loadingSeconds) {}

  /**
   * Makes a trainer.
   *
   * @param batches that count in a run
   */
  EmulatedTrainer(String url, NDManager manager, int batches) {
    this.manager = manager;
    this.batches = batches;
    this.dataset =
        TensorcomDataset.builder()
            .setUrls(url)
            .setData(0)
            .setLabels(1)
            .optBatchesPerEpoch(SKIP + batches)
            .build();
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
    Iterator<Batch> each = dataset.getData(manager).iterator();
    for (int i = -SKIP; i < batches; i++) {
      long start = System.nanoTime();
      begun = i == 0 ? start : begun;
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
    // The end of the epoch, so that nothing is left of it.
    if (each.hasNext()) {
      throw new IllegalStateException("an epoch is longer than was asked for");
    }
    return new Run((double) busy / all, busy / 1e9 / batches, loading);
  }

  private static void waitUntil(long nanos) {
    for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
