// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The other side of a benchmark: a thread that works until it is closed. What it fails with, the
 * measuring thread throws.
 */
public final class Worker {
  /** What is done again and again. */
  public interface Step {
    /** Does it once. */
    void run() throws Exception;
  }

  private final Thread thread;
  private volatile boolean closed;
  private volatile @Nullable Throwable failure;

  /** Starts the thread. */
  public Worker(String name, Step step) {
    this.thread = new Thread(() -> work(step), name);
    thread.setDaemon(true);
    thread.start();
  }

  private void work(Step step) {
    try {
      while (!closed) {
        step.run();
      }
    } catch (Throwable e) {
      if (!closed) {
        failure = e;
      }
    }
  }

  /** Throws what the thread has failed with. */
  public void check() {
    Throwable cause = failure;
    if (cause != null) {
      throw new IllegalStateException(thread.getName() + " failed", cause);
    }
  }

  /** Says that the thread is to end: what fails from now on is no failure. */
  public void stop() {
    closed = true;
  }

  /** Ends the thread. */
  public void close() throws InterruptedException {
    stop();
    thread.interrupt();
    thread.join(TimeUnit.SECONDS.toMillis(30));
    if (thread.isAlive()) {
      throw new IllegalStateException("does not end: thread=" + thread.getName());
    }
    check();
  }
}
