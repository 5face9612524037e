// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** The trainer's view of an epoch that is prefetched. Not thread-safe. */
final class EpochIterator implements Iterator<Batch> {
  private final Prefetcher prefetcher;
  private final int epoch;
  private final NDManager manager;
  private boolean ended;

  EpochIterator(Prefetcher prefetcher, int epoch, NDManager manager) {
    this.prefetcher = prefetcher;
    this.epoch = epoch;
    this.manager = manager;
  }

  /** Takes nothing: who asks and goes away has no batch to close. */
  @Override
  public boolean hasNext() {
    ended = ended || !prefetcher.awaitBatch(epoch);
    return !ended;
  }

  @Override
  public Batch next() {
    Batch batch = ended ? null : prefetcher.take(epoch, manager);
    if (batch == null) {
      ended = true;
      throw new NoSuchElementException("the epoch is over");
    }
    return batch;
  }
}
