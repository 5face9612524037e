// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The queue between the thread that reads and the threads that receive: one line per connection,
 * taken from in turn, a message each; that of a connection which replaces another one of the same
 * peer comes after what is left of the other's. Thread-safe.
 */
public final class Inbox {
  /** The messages of one connection. */
  static final class Line {
    private final Session session;
    private final Deque<Message> queue = new ArrayDeque<>();
    private long bytes;
    private boolean full;
    private @Nullable Line before;
    private @Nullable Line behind;

    Line(Session session) {
      this.session = session;
    }

    Session session() {
      return session;
    }
  }

  private final int maxMessages;
  private final Consumer<Line> onRoom;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();

  // Guarded by lock.
  private final Deque<Line> turn = new ArrayDeque<>();
  private int unannounced;
  private boolean closed;
  private boolean finishing;

  /**
   * Makes an inbox.
   *
   * @param maxMessages of one peer; small ones beyond that until they are a mebibyte together
   * @param onRoom runs on the receiving thread when a line that was full has room again
   */
  Inbox(int maxMessages, Consumer<Line> onRoom) {
    this.maxMessages = maxMessages;
    this.onRoom = onRoom;
  }

  /**
   * Adds a message, which is released if the inbox is closed. Who waits learns of a small one by
   * {@link #announce}, or once there are many.
   *
   * @return false if its line is full now
   */
  boolean add(Line line, Message message) {
    lock.lock();
    try {
      if (closed || finishing) {
        message.release();
        return true;
      }
      if (line.queue.isEmpty() && line.before == null) {
        turn.addLast(line);
      }
      line.queue.addLast(message);
      line.bytes += cost(message);
      line.session.counters().queued(1);
      line.full = isFull(line, maxMessages, Limits.SMALL_QUEUE_BYTES);
      unannounced++;
      if (message.byteSize() >= Limits.LARGE_BYTES || line.bytes >= Limits.SMALL_QUEUE_BYTES / 2) {
        wakeReceivers();
      }
      return !line.full;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Wakes who waits for what was added. To be called when no more is coming at once: a waking for
   * each small message would cost more than the message.
   */
  void announce() {
    lock.lock();
    try {
      wakeReceivers();
    } finally {
      lock.unlock();
    }
  }

  private void wakeReceivers() {
    for (; unannounced > 0 && !turn.isEmpty(); unannounced--) {
      filled.signal();
    }
    unannounced = 0;
  }

  /** Has a line wait until all has been taken of an older one, of the same peer. */
  void follow(Line line, Line older) {
    lock.lock();
    try {
      if (holds(older)) {
        line.before = older;
        older.behind = line;
      }
    } finally {
      lock.unlock();
    }
  }

  /** {@return whether something of this line, or of one before it, has not been taken} */
  boolean isHolding(Line line) {
    lock.lock();
    try {
      return holds(line);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends a line whose connection has ended.
   *
   * @return the line that the one of the next connection has to follow: this one, or if it is empty
   *     the one before it; null if nothing is left
   */
  @Nullable Line end(Line line) {
    lock.lock();
    try {
      if (!line.queue.isEmpty()) {
        return line;
      }
      Line older = line.before;
      if (older != null) {
        older.behind = null;
        line.before = null;
      }
      return older;
    } finally {
      lock.unlock();
    }
  }

  private static boolean holds(Line line) {
    return !line.queue.isEmpty() || line.before != null;
  }

  /** Lets who waited for this line have its turn, now that nothing is left of it. */
  private void makeWay(Line emptied) {
    Line next = emptied.behind;
    emptied.behind = null;
    while (next != null) {
      next.before = null;
      if (!next.queue.isEmpty()) {
        turn.addLast(next);
        return;
      }
      Line later = next.behind;
      next.behind = null;
      next = later;
    }
  }

  /** What a message takes from the room in bytes: an empty one takes memory too. */
  private static long cost(Message message) {
    return Math.max(Limits.HEAP_BYTES, message.byteSize());
  }

  private static boolean isFull(Line line, int messages, int bytes) {
    return line.queue.size() >= messages && line.bytes >= bytes;
  }

  /**
   * Waits for a message, which belongs to the caller.
   *
   * @return the message, or null if the time was over or the inbox is closed
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public @Nullable Message poll(long timeoutNanos) throws InterruptedException {
    Message message;
    Line gotRoom = null;
    lock.lockInterruptibly();
    try {
      long left = timeoutNanos;
      while (turn.isEmpty()) {
        if (closed || finishing || left <= 0) {
          return null;
        }
        left = filled.awaitNanos(left);
      }
      Line line = turn.removeFirst();
      message = line.queue.removeFirst();
      line.bytes -= cost(message);
      line.session.counters().queued(-1);
      if (line.queue.isEmpty()) {
        makeWay(line);
      } else {
        turn.addLast(line);
      }
      // Half of the room at once, so that small messages do not each wake the reading thread.
      if (line.full && !isFull(line, (maxMessages + 1) / 2, Limits.SMALL_QUEUE_BYTES / 2)) {
        line.full = false;
        gotRoom = line;
      }
    } finally {
      lock.unlock();
    }
    if (gotRoom != null) {
      onRoom.accept(gotRoom);
    }
    return message;
  }

  /** {@return the addresses of peers of which messages wait, whether or not they are connected} */
  public Set<String> waitingPeers() {
    lock.lock();
    try {
      Set<String> peers = new HashSet<>();
      for (Line line : turn) {
        peers.add(line.queue.getFirst().peer());
      }
      return peers;
    } finally {
      lock.unlock();
    }
  }

  /** {@return whether nothing can be taken any more} */
  public boolean isClosed() {
    lock.lock();
    try {
      return closed || (finishing && turn.isEmpty());
    } finally {
      lock.unlock();
    }
  }

  /** Takes nothing more; what waits is still handed out. */
  public void finish() {
    lock.lock();
    try {
      finishing = true;
      filled.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Releases what waits, and takes nothing more. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      for (Line first : turn) {
        for (Line line = first; line != null; line = line.behind) {
          line.queue.forEach(Message::release);
          line.queue.clear();
        }
      }
      turn.clear();
      filled.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
