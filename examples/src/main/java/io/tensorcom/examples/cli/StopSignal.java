// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets a tool that is asked to end (SIGINT, SIGTERM) finish what it is doing: between the request
 * and {@link #close()} the process stays, for at most so long. Thread-safe.
 */
public final class StopSignal implements AutoCloseable {
  /** How long most tools may take to do what is left. */
  public static final Duration GRACE = Duration.ofSeconds(5);

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::hold, "tensorcom-stop");
  private volatile boolean requested;
  private @Nullable Thread waiting; // guarded by this

  private final Duration grace;

  private StopSignal(Duration grace) {
    this.grace = grace;
  }

  /** Starts to watch for the request; the process stays for {@link #GRACE}. */
  public static StopSignal install() {
    return install(GRACE);
  }

  /** Starts to watch for the request; the process stays for so long at most. */
  public static StopSignal install(Duration grace) {
    StopSignal signal = new StopSignal(grace);
    Runtime.getRuntime().addShutdownHook(signal.hook);
    return signal;
  }

  /** {@return whether the process has been asked to end} */
  public boolean isRequested() {
    return requested;
  }

  /** Has the request interrupt this thread, until {@link #interruptNobody}. */
  public synchronized void interruptThisThread() {
    waiting = Thread.currentThread();
    if (requested) {
      waiting.interrupt();
    }
  }

  /** From here on no thread is interrupted; this one's interruption by the request is over. */
  public synchronized void interruptNobody() {
    waiting = null;
    if (requested) {
      Thread.interrupted();
    }
  }

  private synchronized void request() {
    requested = true;
    if (waiting != null) {
      waiting.interrupt();
    }
  }

  private void hold() {
    request();
    try {
      closed.await(grace.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Says that the tool is done; the process may end now. */
  @Override
  public void close() {
    closed.countDown();
    if (!requested) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The request came this moment; the hook does not wait any more.
      }
    }
  }
}
