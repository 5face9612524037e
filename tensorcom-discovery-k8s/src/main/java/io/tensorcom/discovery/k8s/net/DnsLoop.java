// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.net;

import io.tensorcom.discovery.DiscoveryThread;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread with a selector and timers. Written because dnsjava's own selector looks at its
 * timeouts once a second only. Timers never run early.
 */
public final class DnsLoop implements DiscoveryThread, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DnsLoop.class);
  private static final AtomicInteger NUMBERS = new AtomicInteger();
  // So far off that it never comes, and so near that adding it to the time does not overflow.
  private static final long NEVER_NANOS = Long.MAX_VALUE / 2;

  /** What waits for a channel. */
  interface Ready {
    void ready();
  }

  private static final class Due implements Timer {
    final long at;
    final long number;
    final Runnable action;
    boolean cancelled;

    Due(long at, long number, Runnable action) {
      this.at = at;
      this.number = number;
      this.action = action;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  private final Selector selector;
  private final Thread thread;
  private final Queue<Runnable> actions = new ConcurrentLinkedQueue<>();
  private final PriorityQueue<Due> timers =
      new PriorityQueue<>(
          Comparator.<Due>comparingLong(due -> due.at).thenComparingLong(due -> due.number));
  private final AtomicBoolean closed = new AtomicBoolean();
  private long number;

  /** Starts the thread. */
  public DnsLoop() {
    try {
      this.selector = Selector.open();
    } catch (IOException e) {
      throw new UncheckedIOException("no selector", e);
    }
    this.thread = new Thread(this::run, "tensorcom-dns-" + NUMBERS.incrementAndGet());
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void execute(Runnable action) {
    actions.add(action);
    selector.wakeup();
  }

  @Override
  public Timer schedule(Duration delay, Runnable action) {
    long nanos = Math.min(TimeUnit.NANOSECONDS.convert(delay), NEVER_NANOS);
    Due due = new Due(nanoTime() + nanos, number++, action);
    timers.add(due);
    return due;
  }

  /** Lets something be told when a channel can be read, written or connected. */
  SelectionKey register(SelectableChannel channel, int interest, Ready ready) throws IOException {
    return channel.register(selector, interest, ready);
  }

  /** Ends the thread, closes all channels; waits for both unless called on the thread itself. */
  @Override
  public void close() {
    closed.set(true);
    selector.wakeup();
    boolean interrupted = false;
    while (Thread.currentThread() != thread && thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try (selector) {
      while (!closed.get()) {
        select();
        for (SelectionKey key : takeSelected()) {
          if (key.isValid()) {
            guarded(((Ready) key.attachment())::ready);
          }
        }
        for (Runnable action = actions.poll(); action != null; action = actions.poll()) {
          guarded(action);
        }
        runTimers();
      }
      for (SelectionKey key : selector.keys()) {
        key.channel().close();
      }
    } catch (IOException e) {
      LOG.error("the DNS thread has failed", e);
    }
  }

  private List<SelectionKey> takeSelected() {
    List<SelectionKey> keys = new ArrayList<>(selector.selectedKeys());
    selector.selectedKeys().clear();
    return keys;
  }

  private void select() throws IOException {
    if (!actions.isEmpty()) {
      selector.selectNow();
      return;
    }
    Due next = timers.peek();
    while (next != null && next.cancelled) {
      timers.poll();
      next = timers.peek();
    }
    if (next == null) {
      selector.select();
      return;
    }
    long left = next.at - nanoTime();
    if (left <= 0) {
      selector.selectNow();
    } else {
      // Rounded up, so that it does not spin through the last millisecond.
      selector.select(TimeUnit.NANOSECONDS.toMillis(left) + 1);
    }
  }

  private void runTimers() {
    long now = nanoTime();
    for (Due due = timers.peek(); due != null && due.at - now <= 0; due = timers.peek()) {
      timers.poll();
      if (!due.cancelled) {
        guarded(due.action);
      }
    }
  }

  private static void guarded(Runnable action) {
    try {
      action.run();
    } catch (Throwable e) {
      // Even an Error must not end the thread: all names are followed on it.
      LOG.error("a DNS task has failed", e);
    }
  }
}
