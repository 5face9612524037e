// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import io.tensorcom.EpochReader;
import io.tensorcom.EpochReport;
import io.tensorcom.TensorReceiver;
import io.tensorcom.tensor.TensorBatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One epoch of the stream: so many batches, or to the end that the servers tell. */
final class EpochSource implements Prefetcher.Source {
  private final TensorReceiver from;
  private final EpochReader reader;
  private final long batchesPerEpoch;
  private final long most;
  private final Consumer<EpochReport> atEnd;
  private long index;

  /**
   * Makes a source.
   *
   * @param batchesPerEpoch 0 if the servers end the epoch
   * @param most batches that may be trained with
   * @param atEnd is told of the end, if it is not by count
   */
  EpochSource(
      TensorReceiver from,
      EpochReader reader,
      long batchesPerEpoch,
      long most,
      Consumer<EpochReport> atEnd) {
    this.from = from;
    this.reader = reader;
    this.batchesPerEpoch = batchesPerEpoch;
    this.most = batchesPerEpoch > 0 ? Math.min(batchesPerEpoch, most) : most;
    this.atEnd = atEnd;
  }

  @Override
  public @Nullable TensorBatch next() throws InterruptedException {
    if (index >= most) {
      return null;
    }
    if (batchesPerEpoch > 0) {
      return from.receive();
    }
    long before = reader.report().epoch();
    TensorBatch batch = reader.next();
    // After the end of the stream there is no other report.
    if (batch == null && reader.report().epoch() != before) {
      atEnd.accept(reader.report());
    }
    return batch;
  }

  TensorReceiver receiver() {
    return from;
  }

  /** Counts what is trained with, not what is left out; {@return how many were before} */
  long count() {
    return index++;
  }
}
