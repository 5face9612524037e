// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import java.nio.channels.Channel;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import zmq.ZMQ;

/**
 * Counts peers from a socket's events, which come on JeroMQ's I/O threads. Subscriptions are told
 * by a publisher's own thread. Thread-safe.
 *
 * <p>JeroMQ gives messages to a connection before its handshake is done, and loses them when that
 * never happens. So a sender asks {@link #isSettled} first.
 */
final class PeerWatch implements ZMQ.EventConsummer {
  static final int EVENTS =
      ZMQ.ZMQ_EVENT_ACCEPTED
          | ZMQ.ZMQ_EVENT_CONNECTED
          | ZMQ.ZMQ_EVENT_DISCONNECTED
          | ZMQ.ZMQ_EVENT_HANDSHAKE_PROTOCOL;

  private static final long FIRST_NUDGE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long LAST_NUDGE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final long patienceNanos;
  private final LongSupplier clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock. The events of a handshake do not say which connection it was.
  private final Map<Object, Long> openedAt = new HashMap<>();
  private final Map<Object, String> dialed = new HashMap<>();
  private int handshakes;
  private long connectedAt;
  private long nudgeAge = Long.MAX_VALUE;
  private int subscriptions;

  /** Makes a watch that waits this long for the handshake of a new connection. */
  PeerWatch(Duration patience, LongSupplier clock) {
    this.patienceNanos = patience.toNanos();
    this.clock = clock;
  }

  @Override
  public void consume(ZMQ.Event event) {
    lock.lock();
    try {
      switch (event.event) {
        case ZMQ.ZMQ_EVENT_HANDSHAKE_PROTOCOL -> handshakes++;
        case ZMQ.ZMQ_EVENT_DISCONNECTED -> {
          openedAt.remove(event.arg);
          dialed.remove(event.arg);
        }
        default -> openedAt.put(event.arg, clock.getAsLong());
      }
      if (event.event == ZMQ.ZMQ_EVENT_CONNECTED) {
        connectedAt = clock.getAsLong();
        nudgeAge = FIRST_NUDGE_NANOS;
        dialed.put(event.arg, event.addr);
      }
      handshakes = Math.min(handshakes, openedAt.size());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void subscribed() {
    lock.lock();
    try {
      subscriptions++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether it is time to look after the newest connection of ours, which may have been forgotten.
   * Nothing tells which ones are: the greeting is read before, and with it comes the event of the
   * handshake. So it is each of them, ever more seldom.
   */
  boolean takeNudge() {
    lock.lock();
    try {
      if (clock.getAsLong() - connectedAt < nudgeAge) {
        return false;
      }
      nudgeAge = nudgeAge < LAST_NUDGE_NANOS ? 2 * nudgeAge : Long.MAX_VALUE;
      return true;
    } finally {
      lock.unlock();
    }
  }

  void clear() {
    lock.lock();
    try {
      openedAt.clear();
      dialed.clear();
      handshakes = 0;
    } finally {
      lock.unlock();
    }
  }

  /** {@return whether a connection to an address that is being left still exists in JeroMQ} */
  boolean isOpen(String endpoint) {
    lock.lock();
    try {
      return dialed.entrySet().stream()
          .anyMatch(
              each ->
                  each.getValue().equals(endpoint)
                      && each.getKey() instanceof Channel channel
                      && channel.isOpen());
    } finally {
      lock.unlock();
    }
  }

  /** Counts the connection to an address no more: of one that we end ourselves no event tells. */
  void left(String endpoint) {
    lock.lock();
    try {
      dialed
          .entrySet()
          .removeIf(
              each -> {
                boolean isIt = each.getValue().equals(endpoint);
                if (isIt) {
                  openedAt.remove(each.getKey());
                }
                return isIt;
              });
      handshakes = Math.min(handshakes, openedAt.size());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** {@return the peers that have shaken hands} */
  int count() {
    lock.lock();
    try {
      return handshakes;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a peer, and for the handshakes of new ones that are still within their time. */
  boolean isSettled(Duration timeout) throws InterruptedException {
    long nanos = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (handshakes == 0 || (handshakes < openedAt.size() && isOneYoung())) {
        if (nanos <= 0) {
          return false;
        }
        nanos = changed.awaitNanos(nanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private boolean isOneYoung() {
    long now = clock.getAsLong();
    return openedAt.values().stream().anyMatch(opened -> now - opened < patienceNanos);
  }

  /** Waits for peers and, where asked for, for as many subscriptions since the beginning. */
  boolean await(int count, boolean subscribed, Duration timeout) throws InterruptedException {
    long nanos = TimeUnit.NANOSECONDS.convert(timeout);
    lock.lockInterruptibly();
    try {
      while (handshakes < count || (subscribed && subscriptions < count)) {
        if (nanos <= 0) {
          return false;
        }
        nanos = changed.awaitNanos(nanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
