// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** The counters behind {@link LoadStats}. Thread-safe. */
final class LoadCounters {
  private final LongAdder batches = new LongAdder();
  private final LongAdder samples = new LongAdder();
  private final AtomicLong firstNanos = new AtomicLong(-1);
  private final LongAdder loadingNanos = new LongAdder();
  private final LongAdder readyNanos = new LongAdder();
  private final LongAdder skipped = new LongAdder();
  private final LongAdder lostServers = new LongAdder();
  private final LongAdder kept = new LongAdder();
  private final LongAdder copies = new LongAdder();
  private final LongAdder copiedBytes = new LongAdder();

  void taken(int size, long waitedNanos, long lainNanos) {
    batches.increment();
    samples.add(size);
    readyNanos.add(lainNanos);
    if (!firstNanos.compareAndSet(-1, waitedNanos)) {
      loadingNanos.add(waitedNanos);
    }
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
        Duration.ofNanos(Math.max(0, firstNanos.get())),
        Duration.ofNanos(loadingNanos.sum()),
        Duration.ofNanos(readyNanos.sum()),
        skipped.sum() + skippedByReceiver,
        lostServers.sum(),
        kept.sum(),
        copies.sum(),
        copiedBytes.sum());
  }
}
