// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.net;

import java.net.InetSocketAddress;
import java.time.Duration;

/** Asks servers. All methods and callbacks on one thread. */
public interface Exchange {
  /** Why there was no answer. */
  enum Failure {
    /** It did not come in time. */
    TIMEOUT,
    /** Nobody listens there, or the network says that it cannot be reached. */
    UNREACHABLE
  }

  /** Who waits for an answer; told once, unless the question is cancelled. */
  interface Handler {
    /** Tells that the question has been sent; it may have waited for its turn before. */
    default void onSent() {}

    /**
     * Takes an answer or declines it.
     *
     * @return false if it does not belong to the question, which goes on waiting
     */
    boolean onMessage(byte[] message);

    /** Tells that none will come. */
    void onFailure(Failure failure);
  }

  /** A question that waits. */
  interface Call {
    /** Waits no more and frees what the question holds. Idempotent. */
    void cancel();
  }

  /** Which protocol carries a question. */
  enum Protocol {
    /** One datagram each way. */
    UDP,
    /** A connection of its own. */
    TCP
  }

  /** Sends a query and waits for its answer. */
  Call ask(
      InetSocketAddress server, Protocol protocol, byte[] query, Duration timeout, Handler handler);
}
