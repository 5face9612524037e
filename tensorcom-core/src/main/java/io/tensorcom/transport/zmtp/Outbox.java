// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import io.tensorcom.transport.SendResult;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The queue between the threads that send and the thread that writes. Bounded in messages; small
 * ones are taken beyond that until they are a mebibyte together, so that they do not cost a change
 * of threads each. Thread-safe.
 */
public final class Outbox {
  /** Who waits for room looks by itself, as nobody is woken for less than half of it. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final int maxMessages;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final Runnable onFilled;
  private final long lookNanos;

  // Guarded by lock.
  private final Deque<Message> queue = new ArrayDeque<>();
  private long bytes;
  private boolean open;
  private boolean closed;
  private boolean readerIdle = true;

  /**
   * Makes an outbox.
   *
   * @param open whether it takes messages before {@link #setOpen} was called
   * @param onFilled runs on the sending thread when the writing one has to look again
   */
  public Outbox(int maxMessages, boolean open, Runnable onFilled) {
    this(maxMessages, open, onFilled, LOOK_NANOS);
  }

  Outbox(int maxMessages, boolean open, Runnable onFilled, long lookNanos) {
    this.maxMessages = maxMessages;
    this.open = open;
    this.onFilled = onFilled;
    this.lookNanos = lookNanos;
  }

  /**
   * Puts a message in, waiting for room; when it is not taken it still belongs to the caller.
   *
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public SendResult put(Message message, long timeoutNanos) throws InterruptedException {
    return put(message, null, timeoutNanos);
  }

  /**
   * As {@link #put(Message, long)}, with a command behind the message: both are taken, or neither.
   * It is short and needs no room.
   *
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public SendResult put(Message message, @Nullable Message behind, long timeoutNanos)
      throws InterruptedException {
    boolean wake;
    lock.lockInterruptibly();
    try {
      long left = timeoutNanos;
      while (!closed && !(open && hasRoom())) {
        if (left <= 0) {
          return SendResult.TIMED_OUT;
        }
        long look = Math.min(left, lookNanos);
        left -= look - room.awaitNanos(look);
      }
      if (closed) {
        return SendResult.CLOSED;
      }
      add(message);
      if (behind != null) {
        add(behind);
      }
      wake = readerIdle;
      readerIdle = false;
    } finally {
      lock.unlock();
    }
    if (wake) {
      onFilled.run();
    }
    return SendResult.SENT;
  }

  private void add(Message message) {
    queue.addLast(message);
    bytes += message.byteSize();
  }

  private boolean hasRoom() {
    return queue.size() < maxMessages || bytes < Limits.SMALL_QUEUE_BYTES;
  }

  /** So much at once that small messages do not each wake a sending thread. */
  private boolean isHalfEmpty() {
    return queue.size() <= maxMessages / 2 || bytes < Limits.SMALL_QUEUE_BYTES / 2;
  }

  /** {@return the oldest message, which belongs to the caller; null if there is none} */
  @Nullable Message take() {
    lock.lock();
    try {
      Message message = queue.pollFirst();
      if (message == null) {
        readerIdle = true;
        return null;
      }
      bytes -= message.byteSize();
      if (message.byteSize() >= Limits.LARGE_BYTES ? hasRoom() : isHalfEmpty()) {
        room.signal();
      }
      return message;
    } finally {
      lock.unlock();
    }
  }

  /** Puts a message back that was taken, before all others. */
  void putBack(Message message) {
    lock.lock();
    try {
      queue.addFirst(message);
      bytes += message.byteSize();
    } finally {
      lock.unlock();
    }
  }

  /** Says whether there is anybody to send to; while not, nothing is taken in. */
  void setOpen(boolean newOpen) {
    lock.lock();
    try {
      open = newOpen;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** {@return whether nothing is queued} */
  public boolean isEmpty() {
    lock.lock();
    try {
      return queue.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Takes nothing in any more; waiting senders are told. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Releases what is left, and counts it, but for commands. */
  int discard() {
    int count = 0;
    for (Message left = take(); left != null; left = take()) {
      left.release();
      count += left.isCommand() ? 0 : 1;
    }
    return count;
  }
}
