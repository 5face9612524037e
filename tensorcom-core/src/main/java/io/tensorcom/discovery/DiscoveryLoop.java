// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread of real time: a daemon, which begins with the first action and ends by close. */
final class DiscoveryLoop implements DiscoveryThread, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DiscoveryLoop.class);
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final ScheduledThreadPoolExecutor executor;

  DiscoveryLoop() {
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            action -> {
              Thread thread = new Thread(action, "tensorcom-discovery-" + NUMBER.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    executor.setRemoveOnCancelPolicy(true);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // failures are logged
  public void execute(Runnable action) {
    executor.schedule(guarded(action), 0, TimeUnit.NANOSECONDS);
  }

  @Override
  public Timer schedule(Duration delay, Runnable action) {
    Future<?> future =
        executor.schedule(
            guarded(action),
            Math.max(0, TimeUnit.NANOSECONDS.convert(delay)),
            TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  private static Runnable guarded(Runnable action) {
    return () -> {
      try {
        action.run();
      } catch (Throwable e) {
        LOG.error("discovery: an action failed", e);
      }
    };
  }

  /** Ends the thread; what is left is dropped. Idempotent. */
  @Override
  public void close() {
    executor.shutdownNow();
  }
}
