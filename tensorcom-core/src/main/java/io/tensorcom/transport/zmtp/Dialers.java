// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.ConnectionListener;
import io.tensorcom.transport.TransportAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The addresses a socket connects to: those that are kept connected, and those that are being left.
 * Confined to the socket's thread.
 */
public final class Dialers implements Dialer.Watcher {
  private final SocketCore core;
  private final Scheduler scheduler;
  private final RandomGenerator random;
  private final Dialer.Connector connector;
  private final List<Dialer> kept = new ArrayList<>();
  private final List<Dialer> left = new ArrayList<>();
  private ConnectionListener listener = new ConnectionListener() {};

  /** Makes the dialers of a socket, which has none at first. */
  public Dialers(
      SocketCore core, Scheduler scheduler, RandomGenerator random, Dialer.Connector connector) {
    this.core = core;
    this.scheduler = scheduler;
    this.random = random;
    this.connector = connector;
  }

  /** Sets who is told of connections from now on. */
  public void setListener(ConnectionListener newListener) {
    listener = newListener;
  }

  /**
   * Keeps an address connected. A connection that is being left, but still delivers, is kept
   * instead of making a second one, over which a subscriber would hear everything twice.
   */
  public void connect(TransportAddress address) {
    for (Dialer dialer : List.copyOf(left)) {
      Session session = dialer.session();
      if (dialer.address().equals(address) && session != null && core.stay(session)) {
        left.remove(dialer);
        kept.add(dialer);
        dialer.resume();
        return;
      }
    }
    Dialer dialer = new Dialer(address, scheduler, new Backoff(random), connector, this);
    kept.add(dialer);
    dialer.start();
  }

  /**
   * Connects an address no more, and ends its connection in order.
   *
   * @param lingerNanos how long what goes on there may go on; 0 ends it at once
   */
  public void disconnect(TransportAddress address, long lingerNanos) {
    for (Dialer dialer : List.copyOf(kept)) {
      if (dialer.address().equals(address)) {
        kept.remove(dialer);
        leave(dialer, lingerNanos);
      }
    }
    if (lingerNanos <= 0) {
      for (Dialer dialer : List.copyOf(left)) {
        if (dialer.address().equals(address)) {
          dialer.stop();
        }
      }
    }
  }

  private void leave(Dialer dialer, long lingerNanos) {
    Session session = dialer.session();
    if (session == null || lingerNanos <= 0 || !core.mayHoldMessages(session)) {
      dialer.stop();
      return;
    }
    left.add(dialer);
    dialer.retire();
    core.leave(session, lingerNanos);
  }

  /** Ends all connections, and connects no more. */
  public void stopAll() {
    List<Dialer> all = new ArrayList<>(kept);
    all.addAll(left);
    kept.clear();
    all.forEach(Dialer::stop);
  }

  @Override
  public void retrying() {
    core.countReconnect();
  }

  @Override
  public void ready(Dialer dialer) {
    listener.connected(dialer.address());
  }

  @Override
  public void failed(Dialer dialer, String reason) {
    listener.unreachable(dialer.address(), reason);
  }

  @Override
  public void ended(Dialer dialer, boolean wasReady) {
    left.remove(dialer);
    if (wasReady) {
      listener.disconnected(dialer.address());
    }
  }
}
