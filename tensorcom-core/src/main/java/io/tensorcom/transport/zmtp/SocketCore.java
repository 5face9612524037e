// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.GonePeer;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.PeerStats;
import io.tensorcom.transport.SocketRole;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket: its sessions, who of them is ready, and what is counted. Confined to one thread, except
 * for the methods that say otherwise.
 */
public abstract class SocketCore implements SessionOwner {
  private static final Logger LOG = LoggerFactory.getLogger(SocketCore.class);
  private static final long LOG_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final String IN_HANDSHAKE = "handshake";

  private final SessionOptions options;
  private final Map<Session, Dialed> sessions = new LinkedHashMap<>();
  private final List<Session> ready = new ArrayList<>();
  private final Map<Session, PeerCounters> counters = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> closedBy = new ConcurrentHashMap<>();
  private final LongAdder lost = new LongAdder();
  private final LongAdder left = new LongAdder();
  private final Map<String, Long> leftByPeer = new ConcurrentHashMap<>();
  private final LongAdder reconnects = new LongAdder();
  private final GonePeers gone = new GonePeers();
  private final PeerGauge gauge = new PeerGauge();
  private long loggedAt;
  private @Nullable Runnable whenEmpty;
  private boolean ending;

  private record Dialed(@Nullable Dialer dialer) {}

  SocketCore(SessionOptions options) {
    this.options = options;
    this.loggedAt = options.scheduler().nanoTime() - LOG_INTERVAL_NANOS;
  }

  /**
   * Begins a session on a new connection.
   *
   * @param dialer who connected it, or null if the peer did
   */
  public final Session open(Link link, @Nullable Dialer dialer) {
    Session session = new Session(options, link, this);
    sessions.put(session, new Dialed(dialer));
    if (dialer != null) {
      dialer.opened(session);
    }
    if (dialer != null && dialer.isStopped()) {
      // It was stopped while it connected, and says nothing: a PUSH that hears a PULL gives to it.
      // Not closed now, as the link does not know its session yet.
      options.scheduler().execute(session::close);
    } else {
      session.start();
    }
    goOnFinishing();
    return session;
  }

  /** {@return whether we connected to the peer} */
  final boolean isDialed(Session session) {
    Dialed dialed = sessions.get(session);
    return dialed != null && dialed.dialer() != null;
  }

  final SessionOptions options() {
    return options;
  }

  /** {@return the sessions that have shaken hands, oldest first} */
  final List<Session> ready() {
    return ready;
  }

  /** Counts who is ready to be waited for; a PUB waits for subscribers. */
  abstract int awaitable();

  final void updateGauge() {
    gauge.set(awaitable());
  }

  @Override
  public void onReady(Session session) {
    ready.add(session);
    counters.put(session, session.counters());
    Dialed dialed = sessions.get(session);
    if (dialed != null && dialed.dialer() != null) {
      dialed.dialer().ready();
    }
    updateGauge();
  }

  @Override
  public void onSubscription(Session session, boolean added, ByteBuffer topic)
      throws ProtocolException {
    // Only a PUB cares; for the others it is a command like those that are not known.
  }

  @Override
  public void onEnd(Session session, ByteBuffer data) {
    // Only who receives cares.
  }

  @Override
  public void onMessage(Session session, Message message) throws ProtocolException {
    message.release();
  }

  @Override
  public void onFlushed(Session session, SharedMessage message) {
    if (!message.message().isCommand()) {
      session.counters().message();
    }
    message.release();
    session.counters().queued(-1);
  }

  @Override
  public void onClosed(Session session, @Nullable ProtocolException fault) {
    ready.remove(session);
    Dialed dialed = sessions.remove(session);
    countLost(session);
    if (counters.remove(session) != null) {
      String reason = fault == null ? GonePeer.ENDED : fault.refusal().label();
      gone.add(session.counters().gone(options.role().sends(), reason));
    }
    updateGauge();
    if (fault != null) {
      count(session, fault);
    }
    if (dialed != null && dialed.dialer() != null) {
      dialed.dialer().ended(fault);
    }
    checkEmpty();
  }

  /**
   * Counts what a peer had been given, and did not get whole, when its connection ended. While the
   * socket is closing its drain is not complete without that.
   */
  private void countLost(Session session) {
    int begun = session.writer().begunBatches();
    int queued = session.writer().queuedBatches();
    session.counters().lost(queued);
    lost.add(begun);
    if (whenEmpty != null) {
      countLeft(session, queued);
    } else if (!ending) {
      lost.add(queued - begun);
    }
  }

  /** Counts a batch that a peer does not get, and that is in no queue, as its connection ends. */
  final void countLostBeforeQueue(Session session) {
    session.counters().lost(1);
    lost.increment();
  }

  private void count(Session session, ProtocolException fault) {
    closedBy.computeIfAbsent(fault.refusal().label(), k -> new LongAdder()).increment();
    if (session.counters().endedInHandshake()) {
      closedBy.computeIfAbsent(IN_HANDSHAKE, k -> new LongAdder()).increment();
    }
    long now = options.scheduler().nanoTime();
    if (now - loggedAt >= LOG_INTERVAL_NANOS) {
      loggedAt = now;
      LOG.warn(
          "connection closed: peer={}, reason={}: {}; closed so far: {}",
          session.counters().stats(true).peer(),
          fault.refusal().label(),
          fault.getMessage(),
          closedBy);
    }
  }

  /** Tells that an address is connected again. */
  public final void countReconnect() {
    reconnects.increment();
  }

  /**
   * {@return whether something may be on its way over a connection, so that it has to be left in
   * order} A PUSH may have given us messages before we hear that it shook hands.
   */
  final boolean mayHoldMessages(Session session) {
    return session.isReady() || options.role() == SocketRole.PULL;
  }

  /**
   * Begins to leave a peer for which {@link #mayHoldMessages} holds: it ends the session itself, in
   * time.
   *
   * @param lingerNanos how long it may take
   */
  abstract void leave(Session session, long lingerNanos);

  /** Takes {@link #leave} back; false if it is too late for that. */
  boolean stay(Session session) {
    return false;
  }

  /** Leaves a peer to which messages are sent: it gets what it was given, and no more. */
  final void leaveAsSender(Session session, long lingerNanos) {
    ready.remove(session);
    updateGauge();
    options.scheduler().schedule(lingerNanos, session::close);
    session.finish();
  }

  /** Ends the connections of a peer whose message was not a batch. */
  public final void closePeer(String peer) {
    for (Session session : List.copyOf(sessions.keySet())) {
      if (session.counters().stats(false).peer().equals(peer)) {
        session.fail(new ProtocolException(Refusal.MALFORMED_BATCH, "malformed batch"));
      }
    }
  }

  /**
   * Lets every session write what it has, and end.
   *
   * @param whenDone runs once no session is left
   */
  public final void finish(Runnable whenDone) {
    whenEmpty = whenDone;
    onFinishing();
    goOnFinishing();
  }

  /** The socket takes nothing more, and is to write what it has. */
  void onFinishing() {}

  /** Ends the sessions when nothing waits for them any more. */
  final void goOnFinishing() {
    if (whenEmpty != null && hasNothingLeft()) {
      for (Map.Entry<Session, Dialed> each : List.copyOf(sessions.entrySet())) {
        Dialer dialer = each.getValue().dialer();
        if (dialer != null) {
          dialer.retire();
        }
        each.getKey().finish();
      }
      checkEmpty();
    }
  }

  private void checkEmpty() {
    Runnable action = whenEmpty;
    if (action != null && sessions.isEmpty() && hasNothingLeft()) {
      whenEmpty = null;
      action.run();
    }
  }

  /** {@return whether all messages that were taken have been written} */
  public final boolean hasWrittenAll() {
    // Who is told of it may end a session.
    List.copyOf(sessions.keySet()).forEach(Session::noteWritten);
    return hasNothingLeft()
        && sessions.keySet().stream().allMatch(each -> each.writer().queued() == 0);
  }

  /** {@return whether all that peers were given has been written; also while it is being told} */
  final boolean hasFlushedAll() {
    return sessions.keySet().stream().allMatch(each -> each.counters().queued() == 0);
  }

  /** {@return whether every batch that peers were given has been begun} */
  final boolean hasBegunAll() {
    return sessions.keySet().stream().allMatch(each -> each.writer().unbegunBatches() == 0);
  }

  /** {@return whether nothing waits that no session has} */
  boolean hasNothingLeft() {
    return true;
  }

  /** Ends all sessions at once, and gives back what is queued. */
  public void closeAll() {
    whenEmpty = null;
    ending = true;
    for (Session session : List.copyOf(sessions.keySet())) {
      session.noteWritten();
      countLeft(session, session.writer().queuedBatches());
      session.close();
    }
  }

  final void countLeft(long messages) {
    left.add(messages);
  }

  final void countLeft(Session session, long messages) {
    if (messages > 0) {
      left.add(messages);
      leftByPeer.merge(session.counters().stats(true).peer(), messages, Long::sum);
    }
  }

  /** {@return messages, once per peer, that were queued for peers when all was ended} */
  public final long left() {
    return left.sum();
  }

  /** {@return those of them that had been given to a peer, by its address; from any thread} */
  public final Map<String, Long> leftByPeer() {
    return Map.copyOf(leftByPeer);
  }

  /**
   * Waits for peers. From any thread.
   *
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public final boolean awaitPeers(int count, long timeoutNanos) throws InterruptedException {
    return gauge.await(count, timeoutNanos);
  }

  /** {@return how many peers {@link #awaitPeers} would count now; from any thread} */
  public final int peers() {
    return gauge.count();
  }

  /** {@return counters of the peers that are connected; from any thread} */
  public final List<PeerStats> peerStats() {
    boolean sends = options.role().sends();
    return counters.values().stream().map(each -> each.stats(sends)).toList();
  }

  /** {@return the peers whose connections ended last, oldest first; from any thread} */
  public final List<GonePeer> gonePeers() {
    return gone.list();
  }

  /** {@return connected peers that are about to deliver or are not read from; from any thread} */
  final Set<String> comingPeers() {
    long now = options.scheduler().nanoTime();
    return counters.values().stream()
        .filter(each -> each.isComing(now))
        .map(PeerCounters::peer)
        .collect(Collectors.toCollection(HashSet::new));
  }

  /** {@return connected peers that know {@link Command#END}: of a PULL, those that tell it} */
  final Set<String> peersThatKnowEnds() {
    return counters.keySet().stream()
        .filter(Session::knowsEnds)
        .map(each -> each.counters().peer())
        .collect(Collectors.toSet());
  }

  /** {@return connections ended because of their peer, by reason; from any thread} */
  public final Map<String, Long> closedByReason() {
    Map<String, Long> copy = new ConcurrentHashMap<>();
    closedBy.forEach((reason, count) -> copy.put(reason, count.sum()));
    return copy;
  }

  /**
   * {@return messages that a peer had been given, and did not get whole, when its connection ended,
   * while the socket was not closing; of those begun, also then; from any thread}
   */
  public final long lost() {
    return lost.sum();
  }

  /** {@return attempts to connect again; from any thread} */
  public final long reconnects() {
    return reconnects.sum();
  }
}
