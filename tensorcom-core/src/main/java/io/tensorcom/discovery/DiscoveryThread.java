// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.time.Duration;

/** One thread with a clock: what runs on it runs in order, and never at the same time. */
public interface DiscoveryThread {
  /** Something that will run later. */
  interface Timer {
    /** Runs it no more, if it has not begun. On the thread. */
    void cancel();
  }

  /** {@return a time that only grows, in nanoseconds; from any thread} */
  long nanoTime();

  /** Runs an action soon, or drops it when the thread has ended; from any thread. */
  void execute(Runnable action);

  /** Runs an action after a delay. On the thread. */
  Timer schedule(Duration delay, Runnable action);
}
