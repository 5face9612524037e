// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** How a user's thread has things done on a loop, and waits. */
final class Loops {
  private Loops() {}

  /** Runs an action on the loop and waits for its outcome; what it throws is thrown here. */
  static <T> T join(EventLoop loop, Supplier<CompletableFuture<T>> action) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    try {
      loop.execute(
          () -> {
            try {
              CompletableFuture<T> unused =
                  action.get().whenComplete((value, failure) -> finish(answer, value, failure));
            } catch (RuntimeException | Error e) {
              // Or who waits does so for ever.
              answer.completeExceptionally(e);
            }
          });
      return answer.join();
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("socket is closed", e);
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw e;
    }
  }

  private static <T> void finish(CompletableFuture<T> answer, T value, Throwable failure) {
    if (failure == null) {
      answer.complete(value);
    } else {
      answer.completeExceptionally(
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure);
    }
  }

  /** {@return whether the future completed in time; an interrupt is kept for later} */
  static boolean awaitTrue(CompletableFuture<Boolean> done, Duration timeout) {
    long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return done.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (TimeoutException e) {
          return false;
        } catch (ExecutionException e) {
          throw new IllegalStateException("draining failed", e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  static void awaitUninterruptibly(Future<?> future) {
    future.awaitUninterruptibly();
  }

  /** Waits for the end of a thread; an interrupt is kept for later. */
  static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
