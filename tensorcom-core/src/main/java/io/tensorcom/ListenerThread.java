// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs code of the application, in order, on a thread that nothing else waits for. The thread
 * begins with the first action, ends when there has been none for a while, and with close.
 * Thread-safe.
 */
final class ListenerThread implements Executor, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ListenerThread.class);
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final long IDLE_SECONDS = 15;

  private final ThreadPoolExecutor executor;

  ListenerThread() {
    executor =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            action -> {
              Thread thread = new Thread(action, "tensorcom-listener-" + NUMBER.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    executor.allowCoreThreadTimeOut(true);
  }

  @Override
  public void execute(Runnable action) {
    executor.execute(
        () -> {
          try {
            action.run();
          } catch (Throwable e) {
            LOG.error("a listener failed", e);
          }
        });
  }

  /** Begins nothing more; does not wait for what runs, nor interrupts it. Idempotent. */
  @Override
  public void close() {
    executor.getQueue().clear();
    executor.shutdown();
  }
}
