// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The trainer's view of an epoch that is prefetched. Not thread-safe. */
final class EpochIterator implements Iterator<Batch> {
  private final Prefetcher prefetcher;
  private final int epoch;
  private final NDManager manager;
  private @Nullable Batch ready;
  private boolean ended;

  EpochIterator(Prefetcher prefetcher, int epoch, NDManager manager) {
    this.prefetcher = prefetcher;
    this.epoch = epoch;
    this.manager = manager;
  }

  @Override
  public boolean hasNext() {
    if (ready == null && !ended) {
      ready = prefetcher.take(epoch, manager);
      ended = ready == null;
    }
    return ready != null;
  }

  @Override
  public Batch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the epoch is over");
    }
    Batch batch = Objects.requireNonNull(ready);
    ready = null;
    return batch;
  }
}
