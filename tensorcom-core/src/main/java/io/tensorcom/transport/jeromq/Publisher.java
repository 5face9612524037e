// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.zeromq.ZMQ;
import zmq.Msg;

/**
 * What a PUB does beside sending: knows the topics, waits for slow subscribers and counts what is
 * lost. Used on the socket's thread, except for the counters.
 *
 * <p>While a subscriber has no room, a message waits for it; then it is published all the same and
 * JeroMQ drops it for whoever is full. When nobody full has moved for {@link #STALL}, nothing waits
 * any more until everybody has room again. A message with a patience of its own waits at least so
 * long, also for who has not moved and for whom JeroMQ leaves out since it dropped a message: it is
 * the end of an epoch. Whom it is for is not known then, so that everybody is waited for.
 */
final class Publisher {
  private static final Duration STALL = Duration.ofSeconds(5);
  private static final long LOOK_AGAIN_NANOS = 200_000;

  private final ZMQ.Socket socket;
  private final PeerWatch peers;
  private final long waitNanos;
  private final BooleanSupplier leftOut;
  private final LongSupplier clock;
  private final Set<ByteBuffer> topics = new HashSet<>();
  private final LongAdder unheard = new LongAdder();
  private final LongAdder dropEvents = new LongAdder();
  private boolean blocked;
  private long blockedSince;

  /**
   * Makes the publisher of a socket.
   *
   * @param leftOut whether JeroMQ leaves out a subscriber now
   * @param clock in nanoseconds
   */
  Publisher(
      ZMQ.Socket socket,
      PeerWatch peers,
      Duration slowPeerWait,
      BooleanSupplier leftOut,
      LongSupplier clock) {
    this.socket = socket;
    this.peers = peers;
    this.leftOut = leftOut;
    this.waitNanos = TimeUnit.NANOSECONDS.convert(slowPeerWait);
    this.clock = clock;
  }

  /** Takes in what subscribers have asked for since the last time. */
  void readSubscriptions() {
    for (Msg message = socket.base().recv(zmq.ZMQ.ZMQ_DONTWAIT);
        message != null;
        message = socket.base().recv(zmq.ZMQ.ZMQ_DONTWAIT)) {
      byte[] data = message.data();
      if (data.length == 0) {
        continue;
      }
      ByteBuffer topic = ByteBuffer.wrap(data, 1, data.length - 1).slice();
      if (data[0] == 1) {
        topics.add(topic);
        peers.subscribed();
      } else if (data[0] == 0) {
        topics.remove(topic);
      }
    }
  }

  /** {@return whether anybody has subscribed to this message} */
  boolean isHeard(Message message) {
    return topics.stream().anyMatch(message::startsWith);
  }

  /**
   * Publishes the first frame, as the class says, unless it has to wait and is given up. JeroMQ
   * then still remembers whom it was for, and gives them the next message, too, even if they did
   * not ask for that; so subscribers look at the topic themselves.
   *
   * @param patienceNanos the message's own, 0 for none
   * @return whether it was published; if not, no subscriber has got any of it
   */
  boolean sendFirst(long patienceNanos, BooleanSupplier attempt, BooleanSupplier givenUp) {
    long start = clock.getAsLong();
    boolean stalled = blocked && start - blockedSince >= STALL.toNanos();
    long limit = Math.max(patienceNanos, stalled ? 0 : waitNanos);
    while (isWaitingForRoom(patienceNanos) || !attempt.getAsBoolean()) {
      long now = clock.getAsLong();
      if (!blocked) {
        blocked = true;
        blockedSince = start;
      }
      if (now - start >= limit) {
        dropEvents.increment();
        socket.setXpubNoDrop(false);
        boolean taken = attempt.getAsBoolean();
        socket.setXpubNoDrop(true);
        assert taken : "a lossy publisher takes everything";
        return true;
      }
      if (givenUp.getAsBoolean()) {
        return false;
      }
    }
    blocked = false;
    return true;
  }

  /** Whether to look again a little later, without an attempt: that would leave somebody out. */
  private boolean isWaitingForRoom(long patienceNanos) {
    if (patienceNanos == 0 || dropEvents.sum() == 0 || !leftOut.getAsBoolean()) {
      return false;
    }
    LockSupport.parkNanos(LOOK_AGAIN_NANOS);
    return true;
  }

  void countUnheard() {
    unheard.increment();
  }

  long unheard() {
    return unheard.sum();
  }

  long dropEvents() {
    return dropEvents.sum();
  }
}
