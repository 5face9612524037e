// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** The counters behind {@link LoadStats}. Thread-safe. */
final class LoadCounters {
  private final LongAdder batches = new LongAdder();
  private final LongAdder samples = new LongAdder();
  private final LongAdder firstNanos = new LongAdder();
  private final LongAdder loadingNanos = new LongAdder();
  private final LongAdder readyNanos = new LongAdder();
  private final LongAdder skipped = new LongAdder();
  private final LongAdder lostServers = new LongAdder();
  private final LongAdder kept = new LongAdder();
  private final LongAdder copies = new LongAdder();
  private final LongAdder copiedBytes = new LongAdder();

  void taken(int size, long lainNanos) {
    batches.increment();
    samples.add(size);
    readyNanos.add(lainNanos);
  }

  /** The trainer waited: for a batch, for the end of an epoch or for an exception. */
  void waited(long nanos) {
    (batches.sum() == 0 ? firstNanos : loadingNanos).add(nanos);
  }

  /** {@return batches that trainers took} */
  long batches() {
    return batches.sum();
  }

  void skipped() {
    skipped.increment();
  }

  void lostServers(int count) {
    lostServers.add(count);
  }

  void kept() {
    kept.increment();
  }

  void copied(long bytes) {
    copies.increment();
    copiedBytes.add(bytes);
  }

  LoadStats stats(long skippedByReceiver) {
    return new LoadStats(
        batches.sum(),
        samples.sum(),
        Duration.ofNanos(firstNanos.sum()),
        Duration.ofNanos(loadingNanos.sum()),
        Duration.ofNanos(readyNanos.sum()),
        skipped.sum() + skippedByReceiver,
        lostServers.sum(),
        kept.sum(),
        copies.sum(),
        copiedBytes.sum());
  }
}
