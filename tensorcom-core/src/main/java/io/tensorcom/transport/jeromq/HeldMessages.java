// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.transport.Message;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import zmq.Msg;

/**
 * Messages whose memory JeroMQ may still read.
 *
 * <p>JeroMQ does not tell when it has written a message. It does keep the {@link Msg} reachable
 * until its last byte is in the socket (the encoder drops it only when it asks for the next one),
 * so a cleaner on the Msg tells it, a garbage collection later.
 */
final class HeldMessages {
  private static final Cleaner CLEANER = Cleaner.create();

  /** One message in JeroMQ's hands: released when the last of its frames is unreachable. */
  private final class Held implements Runnable {
    private final Message message;
    private final AtomicInteger frames;
    private final AtomicBoolean releasing = new AtomicBoolean();

    Held(Message message, int frames) {
      this.message = message;
      this.frames = new AtomicInteger(frames);
    }

    @Override
    public void run() {
      if (frames.decrementAndGet() == 0) {
        released(this);
      }
    }
  }

  /** Frames to send. */
  static final class Frames {
    final Msg[] list;
    private final Runnable onGiveBack;

    Frames(Msg[] list, Runnable onGiveBack) {
      this.list = list;
      this.onGiveBack = onGiveBack;
    }

    /** Releases their message at once: only if JeroMQ took none of them. */
    void giveBack() {
      onGiveBack.run();
    }
  }

  private final Set<Held> all = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition oneReleased = lock.newCondition();
  private long releases;

  /** Takes over a message and makes the frames to send from its pieces, without a copy. */
  Frames hold(Message message) {
    int count = message.pieceCount();
    Held held = new Held(message, count);
    all.add(held);
    Msg[] frames = new Msg[count];
    for (int i = 0; i < count; i++) {
      // A slice, because JeroMQ sends a buffer from 0 to its capacity.
      ByteBuffer slice = message.piece(i).slice();
      frames[i] = new Msg(slice);
      CLEANER.register(frames[i], held);
    }
    return new Frames(frames, () -> released(held));
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  /** Waits until JeroMQ gives back a message, and returns whether it did. */
  boolean awaitRelease(Duration timeout) throws InterruptedException {
    long nanos = TimeUnit.NANOSECONDS.convert(timeout);
    lock.lockInterruptibly();
    try {
      long before = releases;
      while (releases == before) {
        if (nanos <= 0) {
          return false;
        }
        nanos = oneReleased.awaitNanos(nanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Releases everything: only when JeroMQ's threads have ended. Nothing is held afterwards. */
  void releaseAll() {
    for (Held held : all) {
      released(held);
    }
    lock.lock();
    try {
      // The cleaner may be in the middle of one.
      while (!all.isEmpty()) {
        oneReleased.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void gone(Held held) {
    lock.lock();
    try {
      all.remove(held);
      releases++;
      oneReleased.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void released(Held held) {
    if (held.releasing.compareAndSet(false, true)) {
      try {
        held.message.release();
      } finally {
        // A user's callback that throws must not keep a close from ending.
        gone(held);
      }
    }
  }
}
