// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import java.util.function.LongSupplier;

/** Adds up how long threads wait, those that still do included. Thread-safe. */
final class WaitMeter {
  private final LongSupplier nanoClock;
  private int waiting;
  private long since;
  private long nanos;

  WaitMeter(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  synchronized void begin() {
    settle();
    waiting++;
  }

  synchronized void end() {
    settle();
    waiting--;
  }

  /** {@return the sum of all threads' waiting so far} */
  synchronized long nanos() {
    settle();
    return nanos;
  }

  private void settle() {
    long now = nanoClock.getAsLong();
    nanos += waiting * (now - since);
    since = now;
  }
}
