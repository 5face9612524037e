// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * PUSH (RFC 28): each message goes to one peer, in turn over those that have room.
 *
 * <p>What waits waits in the {@link Outbox} that all peers share; a peer has two messages at most,
 * the one that is being written and the next. A message of which no byte was written goes back when
 * its peer is lost, in its old place; one that was begun is lost and counted, never sent again.
 */
public final class PushCore extends SocketCore {
  private static final int WINDOW = 2;

  private final Outbox outbox;
  private final LongAdder flushed = new LongAdder();
  private int turn;

  /** Makes a socket without peers, which takes messages from this outbox. */
  public PushCore(SocketOptions options, Scheduler scheduler, Outbox outbox) {
    super(new SessionOptions(SocketRole.PUSH, options, scheduler, null));
    this.outbox = outbox;
  }

  @Override
  int awaitable() {
    return ready().size();
  }

  @Override
  public void onReady(Session session) {
    super.onReady(session);
    outbox.setOpen(true);
    pump();
  }

  /** Gives messages to peers until there are none, or no peer has room. */
  public void pump() {
    for (int next = nextWithRoom(); next >= 0; next = nextWithRoom()) {
      Message message = outbox.take();
      if (message == null) {
        break;
      }
      // Only who is given something has had its turn.
      turn = next;
      Session peer = ready().get(next);
      peer.counters().queued(1);
      peer.send(new SharedMessage(message));
    }
    goOnFinishing();
  }

  /** {@return the index of the peer whose turn it is, or -1 if none has room} */
  private int nextWithRoom() {
    int count = ready().size();
    for (int i = 1; i <= count; i++) {
      int index = (turn + i) % count;
      FrameWriter writer = ready().get(index).writer();
      if (writer.queued() < WINDOW || writer.queuedBytes() < Limits.SMALL_QUEUE_BYTES) {
        return index;
      }
    }
    return -1;
  }

  @Override
  public void onFlushed(Session session, SharedMessage message) {
    super.onFlushed(session, message);
    flushed.increment();
    pump();
  }

  @Override
  public void onClosed(Session session, @Nullable ProtocolException fault) {
    SharedMessage back = session.writer().takeNewestUnbegun();
    while (back != null) {
      outbox.putBack(back.message());
      back = session.writer().takeNewestUnbegun();
    }
    super.onClosed(session, fault);
    outbox.setOpen(!ready().isEmpty());
    pump();
  }

  @Override
  void leave(Session session, long lingerNanos) {
    leaveAsSender(session, lingerNanos);
    outbox.setOpen(!ready().isEmpty());
    pump();
  }

  @Override
  boolean hasNothingLeft() {
    return outbox.isEmpty();
  }

  @Override
  public void closeAll() {
    super.closeAll();
    outbox.discard();
  }

  /** {@return messages written whole; from any thread} */
  public long flushed() {
    return flushed.sum();
  }
}
