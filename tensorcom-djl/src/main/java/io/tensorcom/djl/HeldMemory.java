// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.tensorcom.tensor.TensorBatch;
import java.lang.ref.Cleaner;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Received memory that the arrays of a batch lie in. The user's manager holds it as it holds the
 * arrays: a batch that is forgotten does not lose it, and one that was never closed gives it back
 * when that manager is closed, as at the end of a training that failed.
 */
final class HeldMemory implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final String name = NDManager.nextUid();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final NDManager parent;
  private final NDManager manager;
  private final TensorBatch memory;
  private final List<NDArray> sharing;
  private final LoadCounters counters;

  /**
   * Makes it; the memory stays the caller's until it is held.
   *
   * @param parent of the batch's manager
   * @param manager the batch's
   * @param sharing the arrays that may lie there, which is cleared
   */
  HeldMemory(
      NDManager parent,
      NDManager manager,
      TensorBatch memory,
      List<NDArray> sharing,
      LoadCounters counters) {
    this.parent = parent;
    this.manager = manager;
    this.memory = memory;
    this.sharing = sharing;
    this.counters = counters;
  }

  /** Holds the memory until this is closed or the parent is. */
  void hold() {
    // As a sub-manager, which a capped manager takes, too.
    parent.attachUncappedInternal(name, this);
  }

  /** Closes the arrays and then gives the memory back; idempotent. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    parent.detachInternal(name);
    manager.close();
    List<NDArray> open = sharing.stream().filter(array -> !array.isReleased()).toList();
    sharing.clear();
    if (open.isEmpty()) {
      memory.close();
    } else {
      keep(open);
    }
  }

  /** An array that was detached still lies there: the memory is kept until nobody can reach it. */
  private void keep(List<NDArray> open) {
    counters.kept();
    AtomicInteger left = new AtomicInteger(open.size());
    TensorBatch kept = memory;
    for (NDArray array : open) {
      CLEANER.register(
          array,
          () -> {
            if (left.decrementAndGet() == 0) {
              kept.close();
            }
          });
    }
  }
}
