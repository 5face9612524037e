// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import io.tensorcom.transport.zmtp.Link;
import io.tensorcom.transport.zmtp.Session;
import java.nio.ByteBuffer;
import java.util.function.Function;

/**
 * A connection: two ends, and for each direction a buffer of the kernel's that takes and gives a
 * random number of bytes at random times. It may fall silent once.
 */
public final class SimWire {
  /** How the name begins by which a socket knows who connected to it. */
  static final String ACCEPTED = "sim://";

  private static final int KERNEL_BYTES = 32_768;
  private static final int LONGEST_DELAY_NANOS = 200_000;
  private static final long SLOW_NANOS = 1_000_000_000;

  /** One direction: bytes between the writes of one end and the reads of the other. */
  private final class Pipe {
    private final byte[] bytes = new byte[KERNEL_BYTES];
    private int length;
    private boolean ended;
    private SimStranger listener;

    /** Takes some of the bytes, and returns whether there was room for any. */
    boolean take(ByteBuffer from) {
      int room = Math.min(bytes.length - length, from.remaining());
      if (room == 0) {
        return false;
      }
      int count = 1 + world.random().nextInt(room);
      from.get(bytes, length, count);
      if (listener != null) {
        listener.sent(bytes, length, count);
      }
      length += count;
      return true;
    }

    int give(ByteBuffer to) {
      int most = Math.min(length, to.remaining());
      int count = 1 + world.random().nextInt(most);
      if (world.altersNext()) {
        bytes[world.random().nextInt(count)] ^= 1;
      }
      to.put(bytes, 0, count);
      System.arraycopy(bytes, count, bytes, 0, length - count);
      length -= count;
      world.trace(31L * number + count);
      return count;
    }
  }

  /** One end, as a socket sees it. */
  private final class End implements Link {
    private final Pipe out;
    private final Pipe in;
    private final boolean first;
    private Session session;
    private SimStranger stranger;
    private boolean writing;
    private boolean readScheduled;
    private boolean writeScheduled;
    private boolean inWrite;
    private boolean finished;
    private boolean gone;

    End(Pipe out, Pipe in, boolean first) {
      this.out = out;
      this.in = in;
      this.first = first;
    }

    private void begin(Function<Link, Session> opening) {
      session = opening.apply(this);
      if (gone) {
        // A socket that is finishing ends it while it opens it.
        world.execute(session::closed);
      }
    }

    private End other() {
      return first ? second : one;
    }

    @Override
    public String peer() {
      SimStranger far = other().stranger;
      return far != null ? far.name() : first ? dialed : ACCEPTED + number;
    }

    @Override
    public int readWindowBytes() {
      return 4096 + world.random().nextInt(8192);
    }

    @Override
    public void wakeReader() {
      if (!readScheduled && !gone) {
        readScheduled = true;
        world.schedule(world.random().nextInt(LONGEST_DELAY_NANOS), this::read);
      }
    }

    @Override
    public void wakeWriter() {
      if (world.isEager() && session != null && !inWrite && silence() <= 0) {
        write();
      } else {
        wakeLater();
      }
    }

    private void read() {
      readScheduled = false;
      if (gone) {
        in.length = 0;
        return;
      }
      if (silence() > 0) {
        readScheduled = true;
        world.schedule(silence(), this::read);
        return;
      }
      if (session == null) {
        overhear();
        return;
      }
      ByteBuffer target = session.readTarget();
      if (target == null) {
        return;
      }
      if (in.length == 0) {
        if (in.ended) {
          end();
        }
        return;
      }
      int count = in.give(target);
      session.received(count);
      session.readComplete();
      other().wakeWriter();
      wakeReader();
    }

    private void overhear() {
      if (!stranger.isDeaf()) {
        in.length = 0;
        other().wakeWriter();
        if (in.ended) {
          end();
        }
      }
    }

    private void write() {
      writeScheduled = false;
      if (gone || inWrite) {
        return;
      }
      if (silence() > 0) {
        writeScheduled = true;
        world.schedule(silence(), this::write);
        return;
      }
      inWrite = true;
      boolean moved = writeOnce();
      while (moved && world.isEager() && !gone) {
        moved = writeOnce();
      }
      inWrite = false;
      if (moved) {
        wakeLater();
      }
    }

    private void wakeLater() {
      if (!writeScheduled && !gone) {
        writeScheduled = true;
        world.schedule(world.random().nextInt(LONGEST_DELAY_NANOS), this::write);
      }
    }

    /** Writes a part, and returns whether it is worth trying again. */
    private boolean writeOnce() {
      if (session == null) {
        return say();
      }
      if (!writing && !session.nextWrite()) {
        return false;
      }
      if (finished) {
        throw new AssertionError("written after the end");
      }
      writing = true;
      ByteBuffer staged = session.staged();
      ByteBuffer piece = session.piece();
      boolean moved = false;
      cut |= other().gone;
      if (staged.hasRemaining()) {
        moved = out.take(staged);
      } else if (piece != null && piece.hasRemaining()) {
        moved = out.take(piece);
      }
      if (!staged.hasRemaining() && (piece == null || !piece.hasRemaining())) {
        session.written();
        writing = false;
        moved = true;
      }
      if (moved) {
        other().wakeReader();
      }
      return moved;
    }

    @Override
    public int stagedWritten() {
      return session.staged().position();
    }

    private boolean say() {
      if (other().gone) {
        // Whoever writes hears of the end, though it does not listen.
        end();
        return false;
      }
      ByteBuffer unsaid = stranger.unsaid();
      if (!unsaid.hasRemaining()) {
        return false;
      }
      if (stranger.isSlow()) {
        int end = unsaid.limit();
        out.take(unsaid.limit(unsaid.position() + 1));
        unsaid.limit(end);
        world.schedule(SLOW_NANOS, this::write);
      } else if (!out.take(unsaid)) {
        return false;
      }
      other().wakeReader();
      if (!unsaid.hasRemaining()) {
        world.execute(stranger::finished);
      }
      return !stranger.isSlow();
    }

    @Override
    public void finish() {
      finished = true;
      out.ended = true;
      other().wakeReader();
    }

    @Override
    public void close() {
      end();
    }

    /** What was read, and waits for room or memory, is thrown away with the connection. */
    private boolean holds() {
      return !gone && session != null && session.readTarget() == null;
    }

    /** This end is gone; the other one reads what is left, and then sees the end. */
    private void end() {
      if (!gone) {
        gone = true;
        cut |= in.length > 0;
        out.ended = true;
        other().wakeReader();
        if (session != null) {
          world.execute(session::closed);
        }
      }
    }
  }

  private final SimWorld world;
  private long silentUntil = -1;
  private boolean cut;
  private final int number;
  private final String dialed;
  private final Pipe forth = new Pipe();
  private final Pipe back = new Pipe();
  private final End one = new End(forth, back, true);
  private final End second = new End(back, forth, false);

  /**
   * Makes a connection.
   *
   * @param dialed the address that one end connected to, by which it knows the other
   */
  SimWire(SimWorld world, int number, String dialed) {
    this.world = world;
    this.number = number;
    this.dialed = dialed;
  }

  void open(Function<Link, Session> connecting, Function<Link, Session> accepting) {
    one.begin(connecting);
    second.begin(accepting);
    wakeAll();
  }

  /** The stranger has connected to a socket. */
  void openFor(SimStranger stranger, Function<Link, Session> accepting) {
    one.stranger = stranger;
    back.listener = stranger;
    second.begin(accepting);
    wakeAll();
  }

  /** A socket has connected to the stranger. */
  void openTo(SimStranger stranger, Function<Link, Session> connecting) {
    second.stranger = stranger;
    forth.listener = stranger;
    one.begin(connecting);
    wakeAll();
  }

  private void wakeAll() {
    one.wakeReader();
    one.wakeWriter();
    second.wakeReader();
    second.wakeWriter();
  }

  /** Lets nothing move for a while, unless that has been so before. */
  void fallSilent(long nanos) {
    if (silentUntil < 0) {
      silentUntil = world.nanoTime() + nanos;
    }
  }

  private long silence() {
    return silentUntil - world.nanoTime();
  }

  /** {@return whether both ends are there} */
  public boolean isOpen() {
    return !one.gone && !second.gone;
  }

  /** {@return whether bytes that one end wrote did not come to the other} */
  boolean isCut() {
    return cut;
  }

  /** {@return whether bytes are on their way} */
  boolean isBusy() {
    return isOpen() && (forth.length > 0 || back.length > 0);
  }

  /** {@return whether the socket has ended the connection to a stranger} */
  boolean isRefused() {
    return (one.stranger != null ? second : one).gone;
  }

  /** The stranger leaves; the socket may read what is on its way. */
  void leave() {
    (one.stranger != null ? one : second).end();
  }

  /** Ends the connection; what is on its way is lost. */
  void reset() {
    cut |= forth.length > 0 || back.length > 0 || one.holds() || second.holds();
    forth.length = 0;
    back.length = 0;
    one.end();
    second.end();
  }
}
