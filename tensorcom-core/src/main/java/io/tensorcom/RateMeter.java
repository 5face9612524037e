// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import java.util.function.LongSupplier;

/** Counts batches and bytes, and their rate over the most recent ones. Thread-safe. */
final class RateMeter {
  private static final int HORIZON = 1000;

  private final LongSupplier nanoClock;
  private final long[] times = new long[HORIZON];
  private final long[] sizes = new long[HORIZON];
  private long batches;
  private long bytes;

  RateMeter(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  synchronized void count(long size) {
    int slot = (int) (batches % HORIZON);
    times[slot] = nanoClock.getAsLong();
    sizes[slot] = size;
    batches++;
    bytes += size;
  }

  synchronized long batches() {
    return batches;
  }

  synchronized long bytes() {
    return bytes;
  }

  /** {@return batches and bytes per second between the oldest and the newest batch remembered} */
  synchronized double[] rates() {
    int remembered = (int) Math.min(batches, HORIZON);
    if (remembered < 2) {
      return new double[2];
    }
    int newest = (int) ((batches - 1) % HORIZON);
    int oldest = (int) ((batches - remembered) % HORIZON);
    // The oldest opens the interval: only what came after it was moved within.
    long moved = -sizes[oldest];
    for (int i = 0; i < remembered; i++) {
      moved += sizes[i];
    }
    double seconds = Math.max(1, times[newest] - times[oldest]) / 1e9;
    return new double[] {(remembered - 1) / seconds, moved / seconds};
  }
}
