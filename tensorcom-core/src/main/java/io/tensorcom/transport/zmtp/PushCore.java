// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * PUSH (RFC 28): each message goes to one peer, in turn over those that have room.
 *
 * <p>What waits waits in the {@link Outbox} that all peers share; a peer has two messages at most,
 * the one that is being written and the next. When its peer is lost, a message behind the one that
 * is being written goes back, in its old place. That one is lost and counted, never sent again,
 * even if the kernel had taken none of it. The end of the stream is told when all before it has
 * been written. Small messages are given beyond two, up to a mebibyte.
 *
 * <p>While the socket is closing, no peer is let go before every message was begun: that of another
 * whose connection is lost may still have to go to it.
 */
public final class PushCore extends SocketCore {
  private static final int WINDOW = 2;

  private final Outbox outbox;
  private final LongAdder flushed = new LongAdder();
  private int turn;
  private boolean closing;
  private boolean telling;
  private @Nullable SharedMessage end;

  /** Makes a socket without peers, which takes messages from this outbox. */
  public PushCore(SocketOptions options, Scheduler scheduler, Outbox outbox) {
    super(new SessionOptions(SocketRole.PUSH, options, scheduler, null));
    this.outbox = outbox;
  }

  /** {@return a message that tells an end, for the outbox} */
  public static Message end(ByteBuffer notice) {
    return Message.outboundCommand(Command.end(notice));
  }

  @Override
  int awaitable() {
    return ready().size();
  }

  @Override
  public void onReady(Session session) {
    super.onReady(session);
    SharedMessage told = end;
    if (told != null) {
      tell(session, told);
    }
    outbox.setOpen(true);
    pump();
  }

  /** Gives messages to peers until there are none, or no peer has room. */
  public void pump() {
    // A link may write, and tell of it, within the call: the others are still to be told.
    if (closing || telling) {
      return;
    }
    for (int next = nextWithRoom(); next >= 0; next = nextWithRoom()) {
      Message message = outbox.take();
      if (message == null) {
        break;
      }
      if (message.isCommand()) {
        if (Command.endsStream(message.piece(0)) && !hasFlushedAll()) {
          // A batch of a peer that is lost may still come to another, which must not have ended.
          outbox.putBack(message);
          break;
        }
        tellAll(message);
        continue;
      }
      // Only who is given something has had its turn.
      turn = next;
      Session peer = ready().get(next);
      peer.counters().queued(1);
      peer.send(new SharedMessage(message));
    }
    goOnFinishing();
  }

  /**
   * Everything before the end has its peer by now; each is told behind what it was given. Who comes
   * later is told the end of the stream only: epochs that are over are not its own.
   */
  private void tellAll(Message message) {
    SharedMessage told = new SharedMessage(message);
    telling = true;
    List.copyOf(ready()).forEach(peer -> tell(peer, told));
    telling = false;
    if (Command.endsStream(message.piece(0))) {
      forgetEnd();
      end = told;
    } else {
      told.release();
    }
  }

  private static void tell(Session peer, SharedMessage told) {
    if (peer.knowsEnds()) {
      peer.counters().queued(1);
      peer.send(told.retain());
    }
  }

  private void forgetEnd() {
    SharedMessage told = end;
    if (told != null) {
      told.release();
      end = null;
    }
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
    if (!message.message().isCommand()) {
      flushed.increment();
    }
    if (!session.isClosed()) {
      // Or onClosed will.
      pump();
    }
  }

  @Override
  public void onClosed(Session session, @Nullable ProtocolException fault) {
    SharedMessage back = session.writer().takeNewestUnbegun();
    while (back != null) {
      session.counters().queued(-1);
      if (back.message().isCommand()) {
        back.release();
      } else if (closing) {
        session.counters().lost(1);
        back.release();
      } else {
        outbox.putBack(back.message());
      }
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
    return outbox.isEmpty() && !telling && hasBegunAll();
  }

  @Override
  public void closeAll() {
    closing = true;
    tellEndAtLast();
    super.closeAll();
    countLeft(outbox.discard());
    forgetEnd();
  }

  /**
   * What the end of the stream waited for comes to nobody any more: who has taken all that it was
   * given is told.
   */
  private void tellEndAtLast() {
    Message next = outbox.take();
    if (next == null) {
      return;
    }
    if (!next.isCommand() || !Command.endsStream(next.piece(0))) {
      outbox.putBack(next);
      return;
    }
    SharedMessage told = new SharedMessage(next);
    List.copyOf(ready()).stream()
        .filter(peer -> peer.writer().queued() == 0)
        .forEach(peer -> tell(peer, told));
    told.release();
  }

  /** {@return messages written whole; from any thread} */
  public long flushed() {
    return flushed.sum();
  }
}
