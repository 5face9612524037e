// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.tensorcom.testkit.sim.SimWorld;
import io.tensorcom.transport.zmtp.Dialer;
import io.tensorcom.transport.zmtp.Link;
import io.tensorcom.transport.zmtp.Session;
import io.tensorcom.transport.zmtp.SocketCore;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A connection without a network, whose other side a test speaks for. */
final class ScriptedLink implements Link {
  private final SimWorld world;
  private final Session session;
  private byte[] waiting = {};
  private boolean closed;

  ScriptedLink(SimWorld world, SocketCore core) {
    this(world, core, null);
  }

  ScriptedLink(SimWorld world, SocketCore core, @Nullable Dialer dialer) {
    this.world = world;
    this.session = core.open(this, dialer);
  }

  /** Says bytes that are read as far as the session reads now; the rest waits. */
  ScriptedLink say(byte[]... parts) {
    waiting = RawPeer.join(waiting, RawPeer.join(parts));
    readOn();
    return this;
  }

  /** Has the session read what waits, as far as it does. */
  void readOn() {
    ByteBuffer rest = ByteBuffer.wrap(waiting);
    ByteBuffer target = session.readTarget();
    while (target != null && rest.hasRemaining()) {
      int count = Math.min(rest.remaining(), target.remaining());
      target.put(rest.slice(rest.position(), count));
      rest.position(rest.position() + count);
      session.received(count);
      target = session.readTarget();
    }
    session.readComplete();
    waiting = new byte[rest.remaining()];
    rest.get(waiting);
  }

  /** Reads all that the session has to say at the moment. */
  byte[] listen() {
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    while (session.nextWrite()) {
      copy(session.staged(), heard);
      copy(session.piece(), heard);
      session.written();
    }
    return heard.toByteArray();
  }

  private static void copy(@Nullable ByteBuffer from, ByteArrayOutputStream to) {
    if (from != null) {
      byte[] bytes = new byte[from.remaining()];
      from.duplicate().get(bytes);
      to.writeBytes(bytes);
    }
  }

  /** Ends the connection as a network does: without a word. */
  void lose() {
    closed = true;
    session.closed();
  }

  boolean isRead() {
    return session.readTarget() != null;
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public String peer() {
    return "script";
  }

  @Override
  public int readWindowBytes() {
    return 128 << 10;
  }

  @Override
  public void wakeReader() {
    // The test calls readOn.
  }

  @Override
  public void wakeWriter() {
    // The test calls listen.
  }

  @Override
  public int stagedWritten() {
    return 0;
  }

  @Override
  public void finish() {
    close();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      world.execute(() -> session.closed());
    }
  }
}
