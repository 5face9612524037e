// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import zmq.Msg;

/**
 * Knows which messages of a PUSH are still in JeroMQ's queues, so that it can be closed without
 * cutting off the last one.
 *
 * <p>A closing socket of JeroMQ ends a connection as soon as its queue is empty, though up to 8 KiB
 * of the last message may not have been written by then. So a PUSH is closed only when the last
 * frame of every message has been asked for by a connection, and a little later.
 */
final class PushTail {
  /** How long the end of the last message may take from JeroMQ to the kernel. */
  static final Duration LAST_WRITE = Duration.ofMillis(300);

  /** A last frame, which tells when a connection begins to write it. */
  private final class LastFrame extends Msg {
    private final AtomicBoolean begun = new AtomicBoolean();

    // Kept reachable: somebody may have a cleaner on it.
    @SuppressWarnings("unused")
    private final Msg original;

    LastFrame(Msg original) {
      super(original.buf());
      this.original = original;
    }

    @Override
    public ByteBuffer buf() {
      if (begun.compareAndSet(false, true)) {
        written();
      }
      return super.buf();
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition allBegun = lock.newCondition();
  private int queued;

  /** Makes the last frame of a message out of what would have been it. */
  Msg lastFrame(Msg frame) {
    return new LastFrame(frame);
  }

  /** Counts a message that JeroMQ has taken. */
  void queued() {
    lock.lock();
    try {
      queued++;
    } finally {
      lock.unlock();
    }
  }

  private void written() {
    lock.lock();
    try {
      queued--;
      allBegun.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until a connection has begun to write the last frame of every message. */
  boolean awaitBegun(Duration timeout) throws InterruptedException {
    long nanos = TimeUnit.NANOSECONDS.convert(timeout);
    lock.lockInterruptibly();
    try {
      while (queued > 0) {
        if (nanos <= 0) {
          return false;
        }
        nanos = allBegun.awaitNanos(nanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
