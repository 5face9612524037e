// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.transport.Message;
import io.tensorcom.transport.SendResult;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A message on its way from a user's thread to the socket's thread, and its fate back. */
final class Outgoing {
  final Message message;
  final long byteSize;
  private final CompletableFuture<SendResult> fate = new CompletableFuture<>();
  private volatile boolean cancelled;

  Outgoing(Message message) {
    this.message = message;
    this.byteSize = message.byteSize();
  }

  /** Asks the socket's thread to give up; it still tells the fate. */
  void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }

  void finish(SendResult result) {
    fate.complete(result);
  }

  /** {@return the fate, or null if there is none when the time is over} */
  @Nullable SendResult await(long nanos) throws InterruptedException {
    try {
      return fate.get(nanos, TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return null;
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  /** {@return the fate, which is near: the socket's thread has the message} */
  SendResult awaitSoon() {
    return fate.join();
  }
}
