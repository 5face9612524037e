// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import zmq.ZMQ;

/**
 * Counts peers from a socket's events, which come on JeroMQ's I/O threads. Subscriptions are told
 * by a publisher's own thread. Thread-safe.
 */
final class PeerWatch implements ZMQ.EventConsummer {
  static final int EVENTS =
      ZMQ.ZMQ_EVENT_ACCEPTED | ZMQ.ZMQ_EVENT_CONNECTED | ZMQ.ZMQ_EVENT_DISCONNECTED;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<Object> channels = new HashSet<>();
  private int subscriptions;

  @Override
  public void consume(ZMQ.Event event) {
    lock.lock();
    try {
      if (event.event == ZMQ.ZMQ_EVENT_DISCONNECTED) {
        channels.remove(event.arg);
      } else {
        channels.add(event.arg);
      }
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

  void clear() {
    lock.lock();
    try {
      channels.clear();
    } finally {
      lock.unlock();
    }
  }

  int count() {
    lock.lock();
    try {
      return channels.size();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for peers and, where asked for, for as many subscriptions since the beginning. */
  boolean await(int count, boolean subscribed, Duration timeout) throws InterruptedException {
    long nanos = TimeUnit.NANOSECONDS.convert(timeout);
    lock.lockInterruptibly();
    try {
      while (channels.size() < count || (subscribed && subscriptions < count)) {
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
