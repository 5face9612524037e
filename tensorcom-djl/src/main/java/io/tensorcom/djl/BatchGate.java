// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import io.tensorcom.TensorReceiver;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.PeerStats;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets batches through that are like the first, which must be what the dataset was built for.
 * Others are left out, but not for ever: when nothing else comes they are thrown after all. Used by
 * one thread at a time.
 */
final class BatchGate {
  private static final Logger LOG = LoggerFactory.getLogger(BatchGate.class);
  private static final int MAX_LOGGED = 1024;

  private final BatchMapping mapping;
  private final Conversion conversion;
  private final OnBadBatch onBadBatch;
  private final LoadCounters counters;
  private final LongSupplier nanoClock;
  private final Set<Long> logged = new HashSet<>();
  private @Nullable String form;
  private boolean isProven;
  private boolean anyGood;
  private @Nullable ShapeChangeException lastBad;
  private long badSince;

  BatchGate(TensorcomDataset.Builder builder, LoadCounters counters, LongSupplier nanoClock) {
    this.mapping = new BatchMapping(builder.data(), builder.labels());
    this.conversion = builder.conversion();
    this.onBadBatch = builder.onBadBatch();
    this.counters = counters;
    this.nanoClock = nanoClock;
  }

  /** Begins an epoch: time between epochs is the trainer's own. */
  void epochBegins() {
    anyGood = false;
    lastBad = null;
  }

  /** Nobody waits for the epoch yet: no time has passed in it. */
  void nobodyWaits() {
    badSince = nanoClock.getAsLong();
  }

  /**
   * Ends one that the servers ended, and begins the next.
   *
   * @throws ShapeChangeException if batches came, and all of them were left out
   */
  void epochEnds() {
    ShapeChangeException bad = anyGood ? null : lastBad;
    epochBegins();
    if (bad != null) {
      throw bad;
    }
  }

  /**
   * {@return whether the batch can be trained with; if not, it is closed}
   *
   * @throws UnfitBatchException if it is the first, and cannot
   * @throws ShapeChangeException if it is unlike the first, and to be thrown, or all were for as
   *     long as a batch may take
   */
  boolean admits(TensorBatch batch, TensorReceiver from) {
    String now = mapping.form(batch);
    if (form == null) {
      String unfit = mapping.unfit(batch, conversion);
      if (unfit != null) {
        batch.close();
        throw new UnfitBatchException(peerOf(batch, from), unfit, null);
      }
      form = now;
    } else {
      isProven = true;
    }
    if (now.equals(form)) {
      anyGood = true;
      lastBad = null;
      return true;
    }
    batch.close();
    leaveOut(batch, from, form, now);
    return false;
  }

  /** What was admitted cannot be converted: if that was the first, the next one is the measure. */
  void refuses() {
    form = isProven ? form : null;
  }

  private void leaveOut(TensorBatch batch, TensorReceiver from, String expected, String actual) {
    counters.skipped();
    long time = nanoClock.getAsLong();
    badSince = lastBad == null ? time : badSince;
    long nanos = time - badSince;
    boolean tooLong = nanos >= TimeUnit.NANOSECONDS.convert(from.receiveTimeout());
    boolean news = isNews(batch.origin());
    if (news || tooLong || lastBad == null || onBadBatch == OnBadBatch.THROW) {
      String since =
          nanos == 0 ? "" : "; no other for " + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms";
      lastBad = new ShapeChangeException(peerOf(batch, from), expected, actual, since);
    }
    if (tooLong || onBadBatch == OnBadBatch.THROW) {
      throw lastBad;
    }
    if (news) {
      LOG.warn("left out, as others like it will be: {}", lastBad.getMessage());
    }
  }

  /** Whether none of this stream was logged; those of senders that tell no stream are as one. */
  private boolean isNews(@Nullable BatchOrigin origin) {
    return logged.size() < MAX_LOGGED && logged.add(origin == null ? 0 : origin.streamId());
  }

  /** {@return the address of the sender, as far as it is known} */
  static String peerOf(TensorBatch batch, TensorReceiver from) {
    BatchOrigin origin = batch.origin();
    if (origin != null) {
      for (StreamStats stream : from.stats().streams()) {
        if (stream.streamId() == origin.streamId() && !stream.peer().isEmpty()) {
          return stream.peer();
        }
      }
    }
    List<String> peers = from.stats().socket().peerStats().stream().map(PeerStats::peer).toList();
    return peers.size() == 1
        ? peers.get(0)
        : "an unknown peer of " + (peers.isEmpty() ? from.urls() : peers);
  }
}
