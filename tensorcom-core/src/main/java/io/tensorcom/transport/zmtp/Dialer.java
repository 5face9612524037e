// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.TransportAddress;
import org.jspecify.annotations.Nullable;

/** Keeps one address connected: tries again, with patience, until it is stopped. */
public final class Dialer {
  /** Who opens connections. */
  public interface Connector {
    /**
     * Begins to connect, and calls {@link SocketCore#open(Link, Dialer)} or {@link Dialer#failed}.
     */
    void connect(Dialer dialer);
  }

  /** Who is told what becomes of attempts. */
  interface Watcher {
    /** An attempt that is not the first begins. */
    void retrying();

    /** The peer has shaken hands. */
    void ready(Dialer dialer);

    /** An attempt has failed. */
    void failed(Dialer dialer, String reason);

    /**
     * The connection is gone.
     *
     * @param wasReady whether its peer had shaken hands
     */
    void ended(Dialer dialer, boolean wasReady);
  }

  private final TransportAddress address;
  private final Scheduler scheduler;
  private final Backoff backoff;
  private final Connector connector;
  private final Watcher watcher;
  private boolean stopped;
  private boolean ready;
  private @Nullable Session session;

  /** Makes a dialer that has not begun. */
  Dialer(
      TransportAddress address,
      Scheduler scheduler,
      Backoff backoff,
      Connector connector,
      Watcher watcher) {
    this.address = address;
    this.scheduler = scheduler;
    this.backoff = backoff;
    this.connector = connector;
    this.watcher = watcher;
  }

  /** {@return the address to connect to} */
  public TransportAddress address() {
    return address;
  }

  /** {@return whether nothing should be connected any more} */
  public boolean isStopped() {
    return stopped;
  }

  /** Begins. */
  void start() {
    connector.connect(this);
  }

  /**
   * Tells that the address could not be connected.
   *
   * @param reason for people
   */
  public void failed(String reason) {
    if (!stopped) {
      watcher.failed(this, reason);
      retry(false);
    }
  }

  /** {@return the session there is, whether or not its peer has shaken hands} */
  @Nullable Session session() {
    return session;
  }

  void opened(Session newSession) {
    session = newSession;
  }

  void ready() {
    ready = true;
    watcher.ready(this);
  }

  void ended(@Nullable ProtocolException fault) {
    boolean wasReady = ready;
    session = null;
    ready = false;
    if (wasReady && fault == null) {
      // Not before: one that shakes hands and then breaks the protocol is no good connection.
      backoff.succeeded();
    }
    watcher.ended(this, wasReady);
    if (!wasReady && !stopped) {
      String reason = fault == null ? null : fault.getMessage();
      watcher.failed(this, reason == null ? "closed before it had shaken hands" : reason);
    }
    retry(fault != null && fault.refusal() == Refusal.PEER_ERROR);
  }

  private void retry(boolean refusedByPeer) {
    if (!stopped) {
      scheduler.schedule(
          backoff.nextNanos(refusedByPeer),
          () -> {
            if (!stopped) {
              watcher.retrying();
              connector.connect(this);
            }
          });
    }
  }

  /** Connects no more, and leaves the connection there is. */
  void retire() {
    stopped = true;
  }

  /** Connects again when the connection there is ends: takes back {@link #retire()}. */
  void resume() {
    stopped = false;
  }

  /** Connects no more, and ends the connection there is. */
  void stop() {
    stopped = true;
    if (session != null) {
      session.close();
    }
  }
}
