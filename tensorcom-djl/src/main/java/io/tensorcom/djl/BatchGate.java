// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import io.tensorcom.TensorReceiver;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.TensorBatch;
import org.jspecify.annotations.Nullable;

/** Lets batches through that are like the first. Used by one thread at a time. */
final class BatchGate {
  private final BatchMapping mapping;
  private final OnBadBatch onBadBatch;
  private final LoadCounters counters;
  private @Nullable String form;

  BatchGate(BatchMapping mapping, OnBadBatch onBadBatch, LoadCounters counters) {
    this.mapping = mapping;
    this.onBadBatch = onBadBatch;
    this.counters = counters;
  }

  /**
   * {@return whether the batch can be trained with; if not, it is closed}
   *
   * @throws ShapeChangeException if it cannot, and that is not to be overlooked
   */
  boolean admits(TensorBatch batch, TensorReceiver from) {
    String now = mapping.form(batch);
    if (form == null && mapping.fits(batch)) {
      form = now;
    }
    if (now.equals(form)) {
      return true;
    }
    String peer = peerOf(batch, from);
    batch.close();
    counters.skipped();
    if (onBadBatch == OnBadBatch.THROW) {
      throw new ShapeChangeException(peer, form == null ? "tensors " + mapping : form, now);
    }
    return false;
  }

  private static String peerOf(TensorBatch batch, TensorReceiver from) {
    BatchOrigin origin = batch.origin();
    if (origin == null) {
      return "an unknown peer";
    }
    return from.stats().streams().stream()
        .filter(stream -> stream.streamId() == origin.streamId())
        .map(StreamStats::peer)
        .findFirst()
        .orElse("an unknown peer");
  }
}
