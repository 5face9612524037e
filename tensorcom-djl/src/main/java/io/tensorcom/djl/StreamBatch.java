// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.translate.Batchifier;
import org.jspecify.annotations.Nullable;

/** A batch whose arrays may lie in received memory, which is given back when it is closed. */
final class StreamBatch extends Batch {
  private final @Nullable HeldMemory memory;
  private boolean closed;

  /** What a batch is made of. */
  record Parts(NDManager manager, NDList data, NDList labels, int size) {}

  /**
   * Makes a batch.
   *
   * @param memory that arrays lie in; null if all are copies
   */
  StreamBatch(Parts parts, LoadedBatch.Progress progress, @Nullable HeldMemory memory) {
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
      memory.close();
    }
  }
}
