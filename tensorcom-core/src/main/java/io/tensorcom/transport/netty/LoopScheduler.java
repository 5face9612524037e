// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.tensorcom.transport.zmtp.Scheduler;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** The clock and the timers of an event loop. */
record LoopScheduler(EventLoop loop) implements Scheduler {
  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Timer schedule(long delayNanos, Runnable action) {
    ScheduledFuture<?> future = loop.schedule(action, delayNanos, TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  @Override
  public void execute(Runnable action) {
    try {
      loop.execute(action);
    } catch (RejectedExecutionException e) {
      // The socket is closed: there is nothing left to be done on its loop.
    }
  }
}
