// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.zeromq.ZMQ;
import zmq.Msg;

/**
 * What a PUB does beside sending: knows the topics, waits for slow subscribers and counts what is
 * lost. Used on the socket's thread, except for the counters.
 *
 * <p>While a subscriber has no room, a message waits for it; then it is published all the same and
 * JeroMQ drops it for whoever is full. When nobody full has moved for {@link #STALL}, nothing waits
 * any more until everybody has room again.
 */
final class Publisher {
  private static final Duration STALL = Duration.ofSeconds(5);

  private final ZMQ.Socket socket;
  private final PeerWatch peers;
  private final long waitNanos;
  private final Set<ByteBuffer> topics = new HashSet<>();
  private final LongAdder unheard = new LongAdder();
  private final LongAdder dropEvents = new LongAdder();
  private boolean blocked;
  private long blockedSince;

  Publisher(ZMQ.Socket socket, PeerWatch peers, Duration slowPeerWait) {
    this.socket = socket;
    this.peers = peers;
    this.waitNanos = slowPeerWait.toNanos();
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
   * @return whether it was published; if not, no subscriber has got any of it
   */
  boolean sendFirst(BooleanSupplier attempt, BooleanSupplier givenUp) {
    long start = System.nanoTime();
    boolean waits = !blocked || start - blockedSince < STALL.toNanos();
    while (!attempt.getAsBoolean()) {
      long now = System.nanoTime();
      if (!blocked) {
        blocked = true;
        blockedSince = start;
      }
      if (!waits || now - start >= waitNanos) {
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
