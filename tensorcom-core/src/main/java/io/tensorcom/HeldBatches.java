// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.tensor.TensorBatch;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The batches of an epoch. Asking whether there is another one takes it from the source, so that it
 * has an owner when serving is broken off: what was not handed out is closed here. Not thread-safe.
 */
final class HeldBatches implements Iterator<TensorBatch>, AutoCloseable {
  private final Iterator<TensorBatch> source;
  private @Nullable TensorBatch held;
  private @Nullable RuntimeException failure;

  HeldBatches(Iterator<TensorBatch> source) {
    this.source = source;
  }

  @Override
  public boolean hasNext() {
    throwFailure();
    if (held == null && source.hasNext()) {
      held = source.next();
    }
    return held != null;
  }

  /**
   * As {@link #hasNext()}, but keeps a failure of the source back, so that what it gave before can
   * still be sent; the next question throws it.
   */
  boolean hasMore() {
    try {
      return hasNext();
    } catch (RuntimeException e) {
      failure = e;
      return false;
    }
  }

  /** {@return whether a failure is kept back} */
  boolean hasFailed() {
    return failure != null;
  }

  /** Throws the failure that is kept back, if there is one. */
  void throwFailure() {
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public TensorBatch next() {
    if (!hasNext() || held == null) {
      throw new NoSuchElementException("no more batches in this epoch");
    }
    TensorBatch batch = held;
    held = null;
    return batch;
  }

  /** Closes the batch that was taken and not handed out. Idempotent. */
  @Override
  public void close() {
    if (held != null) {
      held.close();
      held = null;
    }
  }
}
