// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A clock that stands still until it is told, and overflows soon, as the real one may. */
final class ManualScheduler implements Scheduler {
  private static final class Task implements Timer {
    private final long delay;
    private final int number;
    private final Runnable action;
    private boolean cancelled;

    Task(long delay, int number, Runnable action) {
      this.delay = delay;
      this.number = number;
      this.action = action;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  private static final int MOST_RUNS = 100_000;
  private static final long START = Long.MAX_VALUE - 1_000_000_000L;

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(
          Comparator.<Task>comparingLong(each -> each.delay).thenComparingInt(each -> each.number));
  private long elapsed;
  private int numbers;
  private int runs;

  @Override
  public long nanoTime() {
    return START + elapsed;
  }

  @Override
  public Timer schedule(long delayNanos, Runnable action) {
    Task task = new Task(elapsed + delayNanos, numbers++, action);
    tasks.add(task);
    return task;
  }

  @Override
  public void execute(Runnable action) {
    schedule(0, action);
  }

  /** Lets time pass, and runs what becomes due on the way. */
  void advance(Duration by) {
    advanceNanos(by.toNanos());
  }

  void advanceNanos(long by) {
    long until = elapsed + by;
    for (Task next = tasks.peek(); next != null && next.delay <= until; next = tasks.peek()) {
      tasks.remove(next);
      elapsed = next.delay;
      if (!next.cancelled) {
        if (++runs > MOST_RUNS) {
          throw new AssertionError("a timer that is always due");
        }
        next.action.run();
      }
    }
    elapsed = until;
  }

  /** Runs what is due now. */
  void runDue() {
    advanceNanos(0);
  }

  /** {@return how many actions have run} */
  int runs() {
    return runs;
  }

  /** {@return how many actions are still to run} */
  long pending() {
    return tasks.stream().filter(each -> !each.cancelled).count();
  }
}
