// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.transport.ConnectionListener;
import io.tensorcom.transport.TransportAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import zmq.ZMQ;

/**
 * Tells a listener of the connections to addresses, from a socket's events, which come on JeroMQ's
 * I/O thread. Thread-safe.
 */
final class DialWatch implements ZMQ.EventConsummer {
  static final int EVENTS =
      ZMQ.ZMQ_EVENT_HANDSHAKE_PROTOCOL | ZMQ.ZMQ_EVENT_DISCONNECTED | ZMQ.ZMQ_EVENT_CLOSED;

  private final Map<String, TransportAddress> dialed = new ConcurrentHashMap<>();
  private final Set<String> up = ConcurrentHashMap.newKeySet();
  private volatile ConnectionListener listener = new ConnectionListener() {};

  void setListener(ConnectionListener newListener) {
    listener = newListener;
  }

  void add(TransportAddress address) {
    dialed.put(address.toString(), address);
  }

  void remove(String endpoint) {
    TransportAddress address = dialed.remove(endpoint);
    if (address != null && up.remove(endpoint)) {
      listener.disconnected(address);
    }
  }

  boolean isUp(String endpoint) {
    return up.contains(endpoint);
  }

  /** Tells that JeroMQ would not even try. */
  void refused(TransportAddress address, String reason) {
    listener.unreachable(address, reason);
  }

  @Override
  public void consume(ZMQ.Event event) {
    TransportAddress address = dialed.get(event.addr);
    if (address == null) {
      return;
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
