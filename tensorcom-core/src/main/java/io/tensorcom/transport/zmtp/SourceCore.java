// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * PULL and SUB: whole messages of all peers, fair-queued in an {@link Inbox}. A peer whose line
 * there is full is not read from, so that its sender waits.
 */
public final class SourceCore extends SocketCore {
  private final Inbox inbox;

  /** An array, as looking through a list makes an object for each message. */
  private final ByteBuffer @Nullable [] topics;

  private final Map<Session, Inbox.Line> lines = new HashMap<>();
  private final Map<Session, Scheduler.Timer> leaving = new HashMap<>();

  /** Of addresses that we connected to, and of which something is left to be taken. */
  private final Map<String, Inbox.Line> unread = new HashMap<>();

  private volatile Predicate<ByteBuffer> summed = first -> false;
  private final LongAdder messages = new LongAdder();
  private final LongAdder bytes = new LongAdder();

  /** Makes a socket without peers. */
  public SourceCore(SocketRole role, SocketOptions options, Scheduler scheduler) {
    super(
        new SessionOptions(
            role,
            options,
            scheduler,
            new MemoryGate(options.pool(), options.maxMessageBytes(), scheduler)));
    this.topics =
        role == SocketRole.SUB
            ? options.topics().stream().map(ByteBuffer::wrap).toArray(ByteBuffer[]::new)
            : null;
    this.inbox =
        new Inbox(
            options.maxMessagesPerPeer(),
            line -> scheduler.execute(() -> line.session().pauseReading(false)));
  }

  /** {@return where messages are taken; from any thread} */
  public Inbox inbox() {
    return inbox;
  }

  /** Says of which messages, by their first frame, the long frames are summed while they come. */
  public void sumFrames(Predicate<ByteBuffer> wanted) {
    summed = wanted;
  }

  @Override
  public boolean wantsSums(ByteBuffer first) {
    return summed.test(first);
  }

  @Override
  int awaitable() {
    return ready().size();
  }

  @Override
  public void onReady(Session session) {
    Inbox.Line line = new Inbox.Line(session);
    lines.put(session, line);
    // Who connects to us comes from another port each time, and is not known again.
    Inbox.Line older = isDialed(session) ? unread.remove(session.counters().peer()) : null;
    if (older != null) {
      inbox.follow(line, older);
    }
    super.onReady(session);
  }

  @Override
  public void onMessage(Session session, Message message) {
    Inbox.Line line = lines.get(session);
    if (line == null || !isAskedFor(message)) {
      message.release();
      return;
    }
    messages.increment();
    bytes.add(message.byteSize());
    session.counters().message();
    if (!inbox.add(line, message)) {
      session.pauseReading(true);
    }
  }

  @Override
  public void onReadComplete() {
    inbox.announce();
  }

  /** Looks at the topic as every SUB of ZeroMQ does: there are publishers that send too much. */
  private boolean isAskedFor(Message message) {
    if (topics == null) {
      return true;
    }
    for (ByteBuffer topic : topics) {
      if (message.startsWith(topic)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void onEnd(Session session, ByteBuffer data) {
    Inbox.Line line = lines.get(session);
    if (line != null) {
      ByteBuffer copy = ByteBuffer.allocate(data.remaining()).put(data.duplicate()).flip();
      if (!inbox.add(line, Message.inboundCommand(copy, session.counters().stats(false).peer()))) {
        session.pauseReading(true);
      }
    }
  }

  /** Keeps a peer until it has delivered nothing for a while; its end or ours comes first. */
  @Override
  void leave(Session session, long lingerNanos) {
    watchSilence(session, lingerNanos, lingerNanos);
  }

  private void watchSilence(Session session, long lingerNanos, long waitNanos) {
    leaving.put(
        session,
        options()
            .scheduler()
            .schedule(
                waitNanos,
                () -> {
                  long left = lingerNanos - session.quietNanos();
                  if (left <= 0) {
                    session.close();
                  } else {
                    watchSilence(session, lingerNanos, left);
                  }
                }));
  }

  @Override
  boolean stay(Session session) {
    Scheduler.Timer timer = leaving.remove(session);
    if (timer != null) {
      timer.cancel();
    }
    return timer != null;
  }

  @Override
  public void onClosed(Session session, @Nullable ProtocolException fault) {
    Inbox.Line line = lines.remove(session);
    unread.values().removeIf(each -> !inbox.isHolding(each));
    Inbox.Line rest = line == null ? null : inbox.end(line);
    if (rest != null && isDialed(session)) {
      unread.put(session.counters().peer(), rest);
    }
    stay(session);
    inbox.announce();
    super.onClosed(session, fault);
  }

  /**
   * {@return the addresses of peers of which a message waits to be taken, and of those of which one
   * is coming or that are not read from; from any thread}
   */
  public Set<String> waitingPeers() {
    // In this order: what has come meanwhile is in the inbox.
    Set<String> peers = comingPeers();
    peers.addAll(inbox.waitingPeers());
    return peers;
  }

  /** {@return the addresses of peers of which a message waits to be taken; from any thread} */
  public Set<String> queuedPeers() {
    return inbox.waitingPeers();
  }

  /** {@return the addresses of connected peers that tell ends; from any thread} */
  public Set<String> peersThatTellEnds() {
    return peersThatKnowEnds();
  }

  /** {@return messages received whole; from any thread} */
  public long messages() {
    return messages.sum();
  }

  /** {@return bytes of the frames of those messages; from any thread} */
  public long bytes() {
    return bytes.sum();
  }
}
