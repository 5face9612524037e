// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A connection that writes at once, within the call that wakes it, as Netty does while the kernel
 * has room; it can be told to have none.
 */
final class FakeLink implements Link {
  private final Scheduler scheduler;
  private final String peer;
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final Deque<ByteBuffer> arriving = new ArrayDeque<>();
  private @Nullable Session session;
  private boolean reading;
  private boolean writing;
  private boolean full;
  private boolean closed;
  private int finishedAfter = -1;

  FakeLink(Scheduler scheduler, String peer) {
    this.scheduler = scheduler;
    this.peer = peer;
  }

  /** Begins the session. */
  Session open(Function<Link, Session> opener) {
    Session opened = opener.apply(this);
    session = opened;
    wakeWriter();
    return opened;
  }

  /** Lets bytes arrive in one piece, as far as the session reads. */
  void feed(byte[] bytes) {
    arriving.addLast(ByteBuffer.wrap(bytes));
    read();
  }

  private void read() {
    Session to = session;
    if (to == null || reading) {
      return;
    }
    reading = true;
    boolean read = false;
    while (!arriving.isEmpty() && !closed) {
      ByteBuffer next = arriving.getFirst();
      ByteBuffer target = to.readTarget();
      if (target == null) {
        break;
      }
      int count = Math.min(target.remaining(), next.remaining());
      target.put(next.slice().limit(count));
      next.position(next.position() + count);
      if (count > 0) {
        to.received(count);
        read = true;
      }
      if (!next.hasRemaining()) {
        arriving.removeFirst();
      }
    }
    reading = false;
    if (read) {
      to.readComplete();
    }
  }

  /** Says whether the kernel takes nothing more; what was held up is written when it does. */
  void setFull(boolean isFull) {
    full = isFull;
    Session from = session;
    if (!full && writing && from != null) {
      complete(from);
    }
    wakeWriter();
  }

  /** Writes what is held up, and holds up what is next. */
  void writeOne() {
    complete(Objects.requireNonNull(session));
    wakeWriter();
  }

  /** Writes some more of the staged bytes of what is held up, and returns how many are left. */
  int writeStaged(int count) {
    ByteBuffer staged = Objects.requireNonNull(session).staged();
    collect(staged.slice(staged.position(), count));
    return staged.position(staged.position() + count).remaining();
  }

  private void complete(Session from) {
    collect(from.staged());
    ByteBuffer piece = from.piece();
    if (piece != null) {
      collect(piece.duplicate());
    }
    from.written();
    writing = false;
  }

  private void collect(ByteBuffer from) {
    byte[] bytes = new byte[from.remaining()];
    from.duplicate().get(bytes);
    written.writeBytes(bytes);
  }

  /** The other side goes away. */
  void lose() {
    closed = true;
    if (session != null) {
      session.closed();
    }
  }

  /** {@return what was written so far} */
  byte[] written() {
    return written.toByteArray();
  }

  boolean isClosed() {
    return closed;
  }

  /** {@return after how many bytes the end was to be sent, or -1} */
  int finishedAfter() {
    return finishedAfter;
  }

  @Override
  public String peer() {
    return peer;
  }

  @Override
  public int readWindowBytes() {
    return 4096;
  }

  @Override
  public void wakeReader() {
    read();
  }

  @Override
  public void wakeWriter() {
    Session from = session;
    while (from != null && !writing && !closed && from.nextWrite()) {
      writing = true;
      if (full) {
        return;
      }
      complete(from);
    }
  }

  @Override
  public int stagedWritten() {
    return Objects.requireNonNull(session).staged().position();
  }

  @Override
  public void finish() {
    if (finishedAfter < 0) {
      finishedAfter = written.size();
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Session gone = session;
      if (gone != null) {
        scheduler.execute(gone::closed);
      }
    }
  }
}
