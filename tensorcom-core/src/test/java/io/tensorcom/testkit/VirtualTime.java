// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import io.tensorcom.discovery.DiscoveryThread;
import java.time.Duration;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * A thread whose clock stands still until a test moves it: what is due then runs in order, on the
 * test's thread.
 */
public final class VirtualTime implements DiscoveryThread {
  private static final class Due implements Comparable<Due>, Timer {
    private final long time;
    private final long number;
    private final Runnable action;
    private boolean cancelled;

    Due(long time, long number, Runnable action) {
      this.time = time;
      this.number = number;
      this.action = action;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    @Override
    public int compareTo(Due other) {
      int byTime = Long.compare(time, other.time);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  private final PriorityQueue<Due> timers = new PriorityQueue<>();
  private final Queue<Runnable> posted = new ConcurrentLinkedQueue<>();
  private volatile long now;
  private long numbers;

  /** Makes a clock that shows 0. */
  public VirtualTime() {}

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public void execute(Runnable action) {
    posted.add(action);
  }

  @Override
  public Timer schedule(Duration delay, Runnable action) {
    long nanos = Math.max(0, TimeUnit.NANOSECONDS.convert(delay));
    Due due = new Due(now + nanos, numbers++, action);
    timers.add(due);
    return due;
  }

  /** Runs what is due, without moving the clock. */
  public void run() {
    advance(Duration.ZERO);
  }

  /** Moves the clock; each timer runs at its own time. */
  public void advance(Duration by) {
    long target = now + by.toNanos();
    runPosted();
    while (!timers.isEmpty() && timers.peek().time <= target) {
      Due due = timers.poll();
      now = Math.max(now, due.time);
      if (!due.cancelled) {
        due.action.run();
      }
      runPosted();
    }
    now = target;
  }

  private void runPosted() {
    for (Runnable action = posted.poll(); action != null; action = posted.poll()) {
      action.run();
    }
  }

  /** {@return the timers that have neither run nor been cancelled} */
  public int pending() {
    return (int) timers.stream().filter(each -> !each.cancelled).count();
  }
}
