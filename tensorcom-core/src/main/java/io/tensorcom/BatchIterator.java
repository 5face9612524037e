// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.tensor.TensorBatch;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What {@link TensorReceiver#iterator} hands out. */
final class BatchIterator implements Iterator<TensorBatch> {
  private final TensorReceiver receiver;
  private @Nullable TensorBatch ready;

  BatchIterator(TensorReceiver receiver) {
    this.receiver = receiver;
  }

  @Override
  public boolean hasNext() {
    if (ready == null && !receiver.isClosed()) {
      try {
        ready = receiver.receiveUnlessEnded();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ReceiveInterruptedException(e);
      } catch (IllegalStateException e) {
        if (!receiver.isSourceClosed()) {
          throw e;
        }
      }
    }
    return ready != null;
  }

  @Override
  public TensorBatch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("receiver is closed: urls=" + receiver.urls());
    }
    TensorBatch batch = ready;
    ready = null;
    return Objects.requireNonNull(batch);
  }
}
