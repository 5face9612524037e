// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.transport.ConnectionListener;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import zmq.ZMQ;

/**
 * Tells a listener of the connections to addresses, from a socket's events, which come on JeroMQ's
 * I/O thread, and of those that nothing is heard of: JeroMQ waits for minutes, until the kernel
 * gives up. Thread-safe.
 */
final class DialWatch implements ZMQ.EventConsummer {
  static final int EVENTS =
      ZMQ.ZMQ_EVENT_HANDSHAKE_PROTOCOL | ZMQ.ZMQ_EVENT_DISCONNECTED | ZMQ.ZMQ_EVENT_CLOSED;

  private static final long LOOK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final long patienceNanos;
  private final Map<String, TransportAddress> dialed = new ConcurrentHashMap<>();
  private final Map<String, Long> waitingSince = new ConcurrentHashMap<>();
  private final Set<String> up = ConcurrentHashMap.newKeySet();
  private volatile ConnectionListener listener = new ConnectionListener() {};

  // On the socket's thread.
  private long lookedAt;

  /** Makes a watch of no addresses; one that does not answer for so long is unreachable. */
  DialWatch(Duration patience) {
    this.patienceNanos = TimeUnit.NANOSECONDS.convert(patience);
  }

  void setListener(ConnectionListener newListener) {
    listener = newListener;
  }

  void add(TransportAddress address) {
    dialed.put(address.toString(), address);
    waitingSince.put(address.toString(), System.nanoTime());
  }

  void remove(String endpoint) {
    waitingSince.remove(endpoint);
    TransportAddress address = dialed.remove(endpoint);
    if (address != null && up.remove(endpoint)) {
      listener.disconnected(address);
    }
  }

  /** Tells that JeroMQ would not even try. */
  void refused(TransportAddress address, String reason) {
    listener.unreachable(address, reason);
  }

  /** Tells of addresses that have not answered for too long, each time that this is over. */
  void tellOverdue() {
    if (waitingSince.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    if (now - lookedAt < LOOK_EVERY_NANOS) {
      return;
    }
    lookedAt = now;
    waitingSince.forEach(
        (endpoint, since) -> {
          TransportAddress address = dialed.get(endpoint);
          if (now - since >= patienceNanos && address != null) {
            tellUnlessAnswered(endpoint, since, now, address);
          }
        });
  }

  /** Not while the I/O thread tells of an answer, so that it has the last word. */
  private synchronized void tellUnlessAnswered(
      String endpoint, long since, long now, TransportAddress address) {
    if (waitingSince.replace(endpoint, since, now)) {
      listener.unreachable(address, "no answer");
    }
  }

  @Override
  public synchronized void consume(ZMQ.Event event) {
    TransportAddress address = dialed.get(event.addr);
    if (address == null) {
      return;
    }
    if (event.event == ZMQ.ZMQ_EVENT_HANDSHAKE_PROTOCOL) {
      waitingSince.remove(event.addr);
    } else {
      // It is tried again.
      waitingSince.put(event.addr, System.nanoTime());
    }
    switch (event.event) {
      case ZMQ.ZMQ_EVENT_HANDSHAKE_PROTOCOL -> {
        if (up.add(event.addr)) {
          listener.connected(address);
        }
      }
      case ZMQ.ZMQ_EVENT_DISCONNECTED -> {
        if (up.remove(event.addr)) {
          listener.disconnected(address);
        } else {
          listener.unreachable(address, "closed before it had shaken hands");
        }
      }
      case ZMQ.ZMQ_EVENT_CLOSED ->
          listener.unreachable(address, "connection refused, or no answer");
      default -> {
        // Not asked for.
      }
    }
  }
}
