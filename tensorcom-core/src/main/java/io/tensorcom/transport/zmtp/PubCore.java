// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import io.tensorcom.transport.SlowPeerPolicy;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * PUB (RFC 29): each message goes to every subscriber that asked for it.
 *
 * <p>All of them share the message's memory. A subscriber without room is treated as the {@link
 * SlowPeerPolicy} says; while one is waited for, nothing is taken from the {@link Outbox}, so that
 * the sender waits too. One that has taken nothing for five seconds is not waited for again. When
 * the socket is closed in order, nothing more is taken and so nobody is waited for: what is left
 * goes behind the rest of each subscriber's queue, who may take it until the end. {@link
 * SlowPeerPolicy#LATEST} is the exception: its subscribers want the newest, not all, and so what is
 * left replaces what waits for them then, too, and is counted as dropped.
 */
public final class PubCore extends SocketCore {
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Outbox outbox;
  private final Map<Session, SubscriptionTable> subscriptions = new HashMap<>();
  private final LongAdder flushed = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder unheard = new LongAdder();
  private final byte[] start = new byte[Limits.TOPIC_BYTES];
  private final List<Session> waitedFor = new ArrayList<>();
  private @Nullable SharedMessage pending;
  private boolean publishing;
  private boolean finishing;
  private Scheduler.@Nullable Timer patience;

  /** Makes a socket without peers, which takes messages from this outbox. */
  public PubCore(SocketOptions options, Scheduler scheduler, Outbox outbox) {
    super(new SessionOptions(SocketRole.PUB, options, scheduler, null));
    this.outbox = outbox;
  }

  @Override
  int awaitable() {
    return (int) subscriptions.values().stream().filter(table -> !table.isEmpty()).count();
  }

  @Override
  public void onReady(Session session) {
    subscriptions.put(session, new SubscriptionTable());
    super.onReady(session);
  }

  /** Takes the form of subscriptions that ZMTP 3.0 peers use: a byte 1 or 0, then the topic. */
  @Override
  public void onMessage(Session session, Message message) throws ProtocolException {
    try {
      for (int i = 0; i < message.pieceCount(); i++) {
        ByteBuffer frame = message.piece(i);
        int kind = frame.hasRemaining() ? frame.get(0) : -1;
        if (kind == 0 || kind == 1) {
          onSubscription(session, kind == 1, frame.slice(1, frame.remaining() - 1));
        }
      }
    } finally {
      message.release();
    }
  }

  @Override
  public void onSubscription(Session session, boolean added, ByteBuffer topic)
      throws ProtocolException {
    SubscriptionTable table = subscriptions.get(session);
    if (table == null) {
      return;
    }
    if (added) {
      table.add(topic);
    } else {
      table.cancel(topic);
    }
    updateGauge();
  }

  /** Takes messages and gives them to subscribers until there are none, or one is waited for. */
  public void pump() {
    while (pending == null) {
      Message message = outbox.take();
      if (message == null) {
        break;
      }
      publish(new SharedMessage(message));
    }
    goOnFinishing();
  }

  private void publish(SharedMessage message) {
    // A link may write, and tell of it, within the call: the others still have to get theirs.
    publishing = true;
    int length = message.start(start);
    boolean heard = false;
    List<Session> peers = ready();
    for (int i = peers.size() - 1; i >= 0; i--) {
      Session peer = peers.get(i);
      SubscriptionTable table = subscriptions.get(peer);
      if (table != null && table.matches(start, length)) {
        heard = true;
        offer(peer, message);
      }
    }
    publishing = false;
    if (!heard) {
      unheard.increment();
    }
    if (waitedFor.isEmpty()) {
      message.release();
    } else {
      pending = message;
      patience =
          options()
              .scheduler()
              .schedule(
                  Math.max(
                      message.message().patienceNanos(),
                      TimeUnit.NANOSECONDS.convert(options().socket().slowPeerWait())),
                  this::losePatience);
    }
  }

  private void offer(Session peer, SharedMessage message) {
    SlowPeerPolicy policy = options().tuning().slowPeers();
    FrameWriter writer = peer.writer();
    boolean dear = message.message().patienceNanos() > 0;
    if (policy == SlowPeerPolicy.LATEST) {
      for (SharedMessage old = writer.takeNewestDroppable();
          old != null;
          old = writer.takeNewestDroppable()) {
        drop(peer, old);
      }
    } else if (!finishing && !hasRoom(writer)) {
      if (closeIfStuck(peer)) {
        return;
      }
      if (dear
          || (policy == SlowPeerPolicy.WAIT
              && peer.stuckNanos() < STUCK_NANOS
              && !options().socket().slowPeerWait().isZero())) {
        waitedFor.add(peer);
        return;
      }
      SharedMessage oldest =
          policy == SlowPeerPolicy.DROP_OLD ? writer.takeOldestDroppable() : null;
      if (oldest == null) {
        peer.counters().dropped();
        dropped.increment();
        return;
      }
      drop(peer, oldest);
    }
    give(peer, message);
  }

  private boolean closeIfStuck(Session peer) {
    long limit = options().tuning().closeSlowAfter().toNanos();
    if (limit == 0 || peer.stuckNanos() < limit) {
      return false;
    }
    countLostBeforeQueue(peer);
    peer.fail(
        new ProtocolException(
            Refusal.NOT_READING, "took nothing for " + options().tuning().closeSlowAfter()));
    return true;
  }

  private void drop(Session peer, SharedMessage message) {
    message.release();
    peer.counters().queued(-1);
    peer.counters().dropped();
    dropped.increment();
  }

  private boolean hasRoom(FrameWriter writer) {
    return writer.queued() < options().socket().maxMessagesPerPeer()
        || writer.queuedBytes() < Limits.SMALL_QUEUE_BYTES;
  }

  private static void give(Session peer, SharedMessage message) {
    peer.counters().queued(1);
    peer.send(message.retain());
  }

  private void losePatience() {
    for (Session slow : waitedFor) {
      slow.counters().dropped();
      dropped.increment();
    }
    waitedFor.clear();
    settle();
  }

  /** Goes on when nobody is waited for any more. */
  private void settle() {
    SharedMessage message = pending;
    if (message != null && waitedFor.isEmpty()) {
      if (patience != null) {
        patience.cancel();
      }
      pending = null;
      message.release();
      pump();
    }
  }

  @Override
  void onFinishing() {
    finishing = true;
    SharedMessage last = pending;
    if (last != null) {
      List<Session> slow = List.copyOf(waitedFor);
      // A link may write, and tell of it, within the call: nobody is to get it twice.
      waitedFor.clear();
      slow.forEach(peer -> give(peer, last));
      settle();
    }
  }

  @Override
  public void onFlushed(Session session, SharedMessage message) {
    super.onFlushed(session, message);
    flushed.increment();
    if (session.isClosed()) {
      // It is given nothing more; onClosed goes on.
      return;
    }
    SharedMessage next = pending;
    if (next != null && waitedFor.remove(session)) {
      give(session, next);
      settle();
    }
    goOnFinishing();
  }

  @Override
  public void onClosed(Session session, @Nullable ProtocolException fault) {
    subscriptions.remove(session);
    boolean waited = waitedFor.remove(session);
    if (waited) {
      countLostBeforeQueue(session);
    }
    super.onClosed(session, fault);
    if (waited) {
      settle();
    }
  }

  @Override
  void leave(Session session, long lingerNanos) {
    subscriptions.remove(session);
    leaveAsSender(session, lingerNanos);
    if (waitedFor.remove(session)) {
      countLostBeforeQueue(session);
      settle();
    }
  }

  @Override
  boolean hasNothingLeft() {
    return outbox.isEmpty() && pending == null && !publishing;
  }

  @Override
  public void closeAll() {
    countLeft(outbox.discard());
    for (Session each : waitedFor) {
      countLeft(each, 1);
      each.counters().lost(1);
    }
    waitedFor.clear();
    super.closeAll();
    SharedMessage message = pending;
    pending = null;
    if (message != null) {
      Objects.requireNonNull(patience).cancel();
      message.release();
    }
  }

  /** Counts a message that the sender knew nobody to have subscribed to; from any thread. */
  public void countUnheard() {
    unheard.increment();
  }

  /** {@return messages written whole, each counted once per subscriber; from any thread} */
  public long flushed() {
    return flushed.sum();
  }

  /** {@return messages a slow subscriber lost, counted once for each; from any thread} */
  public long dropped() {
    return dropped.sum();
  }

  /** {@return messages nobody had subscribed to; from any thread} */
  public long unheard() {
    return unheard.sum();
  }
}
