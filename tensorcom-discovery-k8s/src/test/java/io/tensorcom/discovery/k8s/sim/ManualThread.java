// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.sim;

import io.tensorcom.discovery.DiscoveryThread;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;

/** A thread whose time passes when the test says so. */
public final class ManualThread implements DiscoveryThread {
  private record Due(long at, long number, Runnable action, AtomicBoolean cancelled) {}

  private final Queue<Runnable> actions = new ArrayDeque<>();
  private final PriorityQueue<Due> timers =
      new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::number));
  private long now = 1_000_000_000_000L;
  private long number;

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public void execute(Runnable action) {
    actions.add(action);
  }

  @Override
  public Timer schedule(Duration delay, Runnable action) {
    AtomicBoolean cancelled = new AtomicBoolean();
    timers.add(new Due(now + Math.max(0, delay.toNanos()), number++, action, cancelled));
    return () -> cancelled.set(true);
  }

  /** Runs what is due without time passing. */
  public void settle() {
    advance(Duration.ZERO);
  }

  /** Lets time pass, and runs in order what becomes due. */
  public void advance(Duration span) {
    long until = now + span.toNanos();
    while (true) {
      for (Runnable action = actions.poll(); action != null; action = actions.poll()) {
        action.run();
      }
      Due next = timers.peek();
      if (next == null || next.at() > until) {
        break;
      }
      timers.poll();
      if (!next.cancelled().get()) {
        now = next.at();
        next.action().run();
      }
    }
    now = until;
  }
}
