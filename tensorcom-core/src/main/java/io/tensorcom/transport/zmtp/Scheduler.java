// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

/** A clock, and timers that run on the thread of the state machines. */
public interface Scheduler {
  /** A timer that has not run yet. */
  interface Timer {
    /** Prevents it from running; without effect afterwards. */
    void cancel();
  }

  /** {@return a time in nanoseconds that only grows} */
  long nanoTime();

  /** Runs an action after a delay, on the thread of the state machines. */
  Timer schedule(long delayNanos, Runnable action);

  /** Runs an action soon, on the thread of the state machines; called from any thread. */
  void execute(Runnable action);
}
