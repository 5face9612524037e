// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

import io.tensorcom.tensor.TensorPool;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * How a socket behaves. Immutable.
 *
 * @param pool where received frames are leased from
 * @param maxMessageBytes the largest message that is sent or taken from a peer, all frames together
 * @param maxFrames the largest number of frames in a message
 * @param maxMessagesPerPeer what is queued for or from one peer at most
 * @param handshakeTimeout until when a new connection must have shaken hands
 * @param slowPeerWait how long a PUB waits for a slow subscriber before it drops
 * @param topics what a SUB subscribes to: prefixes of the first frame; an empty prefix takes all
 * @param tuning settings that few users change
 */
public record SocketOptions(
    TensorPool pool,
    long maxMessageBytes,
    int maxFrames,
    int maxMessagesPerPeer,
    Duration handshakeTimeout,
    Duration slowPeerWait,
    List<byte[]> topics,
    Tuning tuning) {
  /** Checks ranges. */
  public SocketOptions {
    Objects.requireNonNull(pool, "pool");
    checkPositive(maxMessageBytes, "maxMessageBytes");
    checkPositive(maxFrames, "maxFrames");
    checkPositive(maxMessagesPerPeer, "maxMessagesPerPeer");
    checkPositive(handshakeTimeout.toMillis(), "handshakeTimeout in ms");
    if (slowPeerWait.isNegative()) {
      throw new IllegalArgumentException("slowPeerWait: " + slowPeerWait + " (expected: >= 0)");
    }
    topics = List.copyOf(topics);
  }

  /** {@return the defaults of the design with this pool and no topics} */
  public static SocketOptions of(TensorPool pool) {
    return new SocketOptions(
        pool,
        Math.min(256L << 20, pool.budgetBytes() / 2),
        256,
        4,
        Duration.ofSeconds(5),
        Duration.ofMillis(100),
        List.of(),
        Tuning.DEFAULT);
  }

  /** {@return a copy with these topics} */
  public SocketOptions withTopics(List<byte[]> topics) {
    return new SocketOptions(
        pool,
        maxMessageBytes,
        maxFrames,
        maxMessagesPerPeer,
        handshakeTimeout,
        slowPeerWait,
        topics,
        tuning);
  }

  /** {@return a copy with this limit} */
  public SocketOptions withMaxMessageBytes(long maxMessageBytes) {
    return new SocketOptions(
        pool,
        maxMessageBytes,
        maxFrames,
        maxMessagesPerPeer,
        handshakeTimeout,
        slowPeerWait,
        topics,
        tuning);
  }

  /** {@return a copy with this limit} */
  public SocketOptions withMaxMessagesPerPeer(int maxMessagesPerPeer) {
    return new SocketOptions(
        pool,
        maxMessageBytes,
        maxFrames,
        maxMessagesPerPeer,
        handshakeTimeout,
        slowPeerWait,
        topics,
        tuning);
  }

  /** {@return a copy with this wait} */
  public SocketOptions withSlowPeerWait(Duration slowPeerWait) {
    return new SocketOptions(
        pool,
        maxMessageBytes,
        maxFrames,
        maxMessagesPerPeer,
        handshakeTimeout,
        slowPeerWait,
        topics,
        tuning);
  }

  /** {@return a copy with this tuning} */
  public SocketOptions withTuning(Tuning newTuning) {
    return new SocketOptions(
        pool,
        maxMessageBytes,
        maxFrames,
        maxMessagesPerPeer,
        handshakeTimeout,
        slowPeerWait,
        topics,
        newTuning);
  }

  /** {@return a copy with this timeout} */
  public SocketOptions withHandshakeTimeout(Duration newTimeout) {
    return new SocketOptions(
        pool,
        maxMessageBytes,
        maxFrames,
        maxMessagesPerPeer,
        newTimeout,
        slowPeerWait,
        topics,
        tuning);
  }

  private static void checkPositive(long value, String name) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
    }
  }
}
