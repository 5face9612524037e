// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A socket that receives whole messages, from all peers in turn. Thread-safe. */
public interface MessageSource extends MessageSocket {
  /**
   * Waits for a message, which belongs to the caller from then on.
   *
   * @param timeout zero or less: only what is there; it may be longer than nanoseconds can count
   * @return the message, or null if the time was over or the source is closed
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  @Nullable Message poll(Duration timeout) throws InterruptedException;

  /**
   * Ends the connection a malformed message came from, where the transport can: see {@link
   * Capability#CLOSE_PEER}.
   */
  void closePeer(String peer);

  /**
   * Asks for the CRC32C of long frames of some messages, made while they come and are in the
   * processor's cache: see {@link Message#frameSum}. To be called before anything is connected;
   * does nothing where the transport has no means.
   *
   * @param wanted tells by a message's first frame, from its position to its limit, whether the
   *     sums of the others are asked for; runs on an I/O thread
   */
  default void sumFrames(Predicate<ByteBuffer> wanted) {}

  /**
   * {@return the addresses of peers, connected or not any more, of which a message waits to be
   * taken or is coming, or that are not read from; where the transport cannot tell, of all that are
   * connected}
   */
  default Set<String> waitingPeers() {
    return stats().peerStats().stream().map(PeerStats::peer).collect(Collectors.toSet());
  }

  /**
   * {@return the addresses of peers, connected or not any more, of which a message has come whole
   * and waits to be taken; empty where the transport cannot tell}
   */
  default Set<String> queuedPeers() {
    return Set.of();
  }

  /**
   * {@return the addresses of connected peers that will tell when a stream ends that pullers share;
   * empty where the transport has no means}
   */
  default Set<String> peersThatTellEnds() {
    return Set.of();
  }

  /** {@return whether nothing can be taken any more: it is closed, or finished and empty} */
  boolean isClosed();

  /**
   * Ends the connections; messages that came whole can still be taken. A transport that cannot
   * reach what it has queued closes at once.
   */
  default void finish() {
    close();
  }

  /** Closes the socket; messages not yet taken are dropped. Idempotent. */
  @Override
  void close();
}
