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

  private final TransportAddress address;
  private final Scheduler scheduler;
  private final Backoff backoff;
  private final Connector connector;
  private final Runnable onRetry;
  private boolean stopped;
  private @Nullable Session session;

  /**
   * Makes a dialer that has not begun.
   *
   * @param onRetry told of every attempt but the first
   */
  public Dialer(
      TransportAddress address,
      Scheduler scheduler,
      Backoff backoff,
      Connector connector,
      Runnable onRetry) {
    this.address = address;
    this.scheduler = scheduler;
    this.backoff = backoff;
    this.connector = connector;
    this.onRetry = onRetry;
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
  public void start() {
    connector.connect(this);
  }

  /** Tells that the address could not be connected. */
  public void failed() {
    retry(false);
  }

  void opened(Session newSession) {
    session = newSession;
  }

  void ready() {
    backoff.succeeded();
  }

  void ended(@Nullable ProtocolException fault) {
    session = null;
    retry(fault != null && fault.refusal() == Refusal.PEER_ERROR);
  }

  private void retry(boolean refusedByPeer) {
    if (!stopped) {
      scheduler.schedule(
          backoff.nextNanos(refusedByPeer),
          () -> {
            if (!stopped) {
              onRetry.run();
              connector.connect(this);
            }
          });
    }
  }

  /** Connects no more, and leaves the connection there is. */
  void retire() {
    stopped = true;
  }

  /** Connects no more, and ends the connection there is. */
  public void stop() {
    stopped = true;
    if (session != null) {
      session.close();
    }
  }
}
