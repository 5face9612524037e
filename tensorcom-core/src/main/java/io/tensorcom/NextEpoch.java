// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.stream.BatchMark;
import io.tensorcom.tensor.TensorBatch;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The epoch behind the one that is being served. It is asked for before the last batch of that one
 * is sent: when there is none, that batch has to tell the end of the stream. Not thread-safe.
 */
final class NextEpoch implements AutoCloseable {
  private final LongFunction<Iterator<TensorBatch>> source;
  private final long epoch;
  private final boolean exists;
  private HeldBatches batches = new HeldBatches(List.<TensorBatch>of().iterator());
  private @Nullable RuntimeException failure;

  NextEpoch(LongFunction<Iterator<TensorBatch>> source, long epoch, long epochs) {
    this.source = source;
    this.epoch = epoch;
    this.exists = epoch < epochs;
  }

  /** Asks for it; {@return the mark of the last batch before it} */
  BatchMark open() {
    if (exists) {
      try {
        batches = new HeldBatches(source.apply(epoch));
        if (!batches.hasNext()) {
          failure = new IllegalStateException("an epoch without batches: " + epoch);
        }
      } catch (RuntimeException e) {
        failure = e;
      }
    }
    return BatchMark.endOfEpoch(!exists || failure != null);
  }

  /** {@return its batches; none if it was the last or was not opened} */
  HeldBatches batches() {
    if (failure != null) {
      throw failure;
    }
    return batches;
  }

  /** Closes the batch that was taken to know whether there is one. Idempotent. */
  @Override
  public void close() {
    batches.close();
  }
}
