// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

import java.time.Duration;
import java.util.Map;

/** A socket that sends whole messages. Thread-safe; the order of one thread's messages is kept. */
public interface MessageSink extends MessageSocket {
  /**
   * Sends a message. In every outcome the message belongs to the sink from now on, which releases
   * it when no peer needs it any more; after {@link SendResult#TIMED_OUT} and {@link
   * SendResult#CLOSED} that has happened already.
   *
   * @param timeout how long to wait for a peer that has room (PUSH) or for the queue (PUB)
   * @throws IllegalArgumentException if the message is larger than the socket's limits
   * @throws InterruptedException if the thread is interrupted while it waits; the message was not
   *     sent
   */
  SendResult send(Message message, Duration timeout) throws InterruptedException;

  /** {@return messages, once per peer, that were still queued when the sink was closed} */
  default long undelivered() {
    return 0;
  }

  /** {@return those of them that had been given to a peer, by its address} */
  default Map<String, Long> undeliveredByPeer() {
    return Map.of();
  }

  /**
   * Takes nothing more, waits for what is queued to be written, and closes. Idempotent: while
   * another call drains, this one waits for it, and ends the drain when its own time is over before
   * (or waits on, where the transport cannot).
   *
   * @param drainTimeout how long to wait; zero drops what is queued
   * @return whether everything was written before the time was over, as far as the transport knows
   */
  boolean close(Duration drainTimeout);

  /** Closes without draining. */
  @Override
  default void close() {
    close(Duration.ZERO);
  }
}
