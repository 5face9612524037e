// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.training.dataset.Batch;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The trainer's view of an epoch that is prefetched. Not thread-safe. */
final class EpochIterator implements Iterator<Batch> {
  private final Prefetcher prefetcher;
  private @Nullable Batch ready;
  private boolean ended;

  EpochIterator(Prefetcher prefetcher) {
    this.prefetcher = prefetcher;
  }

  @Override
  public boolean hasNext() {
    if (ready == null && !ended) {
      ready = prefetcher.take();
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
