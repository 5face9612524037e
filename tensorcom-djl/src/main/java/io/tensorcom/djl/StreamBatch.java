// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.translate.Batchifier;
import io.tensorcom.tensor.TensorBatch;
import java.lang.ref.Cleaner;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A batch whose arrays may lie in received memory, which is given back when it is closed. */
final class StreamBatch extends Batch {
  private static final Cleaner CLEANER = Cleaner.create();

  private final @Nullable TensorBatch memory;
  private final LoadCounters counters;
  private final List<NDArray> arrays;
  private boolean closed;

  /** What a batch is made of. */
  record Parts(NDManager manager, NDList data, NDList labels, int size) {}

  /**
   * Makes a batch.
   *
   * @param memory that arrays lie in; null if all are copies
   * @param sharing the arrays that may lie there
   */
  StreamBatch(
      Parts parts,
      LoadedBatch.Progress progress,
      @Nullable TensorBatch memory,
      List<NDArray> sharing,
      LoadCounters counters) {
    super(
        parts.manager,
        parts.data,
        parts.labels,
        parts.size,
        Batchifier.STACK,
        Batchifier.STACK,
        progress.index(),
        progress.total());
    this.memory = memory;
    this.counters = counters;
    this.arrays = sharing;
  }

  /** Closes the arrays and then gives the memory back; idempotent. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    super.close();
    if (memory != null) {
      giveBack(memory);
    }
  }

  /** An array that was detached still lies there: the memory is kept until nobody can reach it. */
  private void giveBack(TensorBatch shared) {
    List<NDArray> open = arrays.stream().filter(array -> !array.isReleased()).toList();
    arrays.clear();
    if (open.isEmpty()) {
      shared.close();
      return;
    }
    counters.kept();
    AtomicInteger left = new AtomicInteger(open.size());
    for (NDArray array : open) {
      CLEANER.register(
          array,
          () -> {
            if (left.decrementAndGet() == 0) {
              shared.close();
            }
          });
    }
  }
}
