// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.tensor.PoolStats;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.SocketStats;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;
import zmq.Msg;

/** PUSH and PUB. A user's thread hands a message to the socket's thread and waits for its fate. */
final class JeroMqSink extends JeroMqSocket implements MessageSink {
  private static final Duration SLICE = Duration.ofMillis(SLICE_MS);
  private static final long LOOK_AGAIN_NANOS = 200_000;
  private static final Duration RELEASE_WAIT = Duration.ofMillis(100);

  /** One message shorter than this is copied: JeroMQ would copy it all the same. */
  private static final int COPY_BELOW = 8192;

  private final BlockingQueue<Outgoing> outbox = new ArrayBlockingQueue<>(1);
  private final HeldMessages held = new HeldMessages();
  private final PushTail tail = new PushTail();
  private final LongAdder messages = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder copies = new LongAdder();
  private final @Nullable Publisher publisher;

  // Owned by the socket's thread.
  private boolean underPressure;

  JeroMqSink(SocketRole role, SocketOptions options) {
    // XPUB is PUB whose subscriptions can be seen; on the wire SUB peers take both.
    super(role == SocketRole.PUB ? SocketType.XPUB : SocketType.PUSH, role.name(), options);
    this.publisher =
        role == SocketRole.PUB
            ? new Publisher(
                socket(), peers, options.slowPeerWait(), new LeftOut(socket()), System::nanoTime)
            : null;
  }

  @Override
  void configure(ZMQ.Socket newSocket) {
    super.configure(newSocket);
    newSocket.setSendTimeOut(SLICE_MS);
    if (newSocket.getSocketType() == SocketType.XPUB) {
      newSocket.setXpubVerbose(true);
      newSocket.setXpubNoDrop(true);
    }
  }

  @Override
  public SendResult send(Message message, Duration timeout) throws InterruptedException {
    Outgoing outgoing = new Outgoing(message);
    if (outgoing.byteSize > options.maxMessageBytes()) {
      message.release();
      throw new IllegalArgumentException(
          "message bytes: "
              + outgoing.byteSize
              + " (expected: <= "
              + options.maxMessageBytes()
              + ")");
    }
    long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    boolean queued = false;
    try {
      queued = !isClosing() && outbox.offer(outgoing, remaining(deadline), TimeUnit.NANOSECONDS);
      if (queued && !isClosing()) {
        SendResult fate = outgoing.await(remaining(deadline));
        if (fate != null) {
          return fate;
        }
      }
      return giveUp(outgoing, queued);
    } catch (InterruptedException e) {
      if (giveUp(outgoing, queued) == SendResult.SENT) {
        Thread.currentThread().interrupt();
        return SendResult.SENT;
      }
      throw e;
    }
  }

  private static long remaining(long deadline) {
    return Math.max(0, deadline - System.nanoTime());
  }

  /** Takes a message back, unless the socket's thread has it: then it tells what became of it. */
  private SendResult giveUp(Outgoing outgoing, boolean queued) {
    outgoing.cancel();
    if (queued && !outbox.remove(outgoing)) {
      return outgoing.awaitSoon();
    }
    outgoing.message.release();
    return isClosing() ? SendResult.CLOSED : SendResult.TIMED_OUT;
  }

  @Override
  void work() {
    if (publisher != null) {
      publisher.readSubscriptions();
    }
    Outgoing outgoing;
    try {
      outgoing = outbox.poll(SLICE_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      // Nobody interrupts this thread on purpose.
      return;
    }
    if (outgoing != null) {
      boolean begun = false;
      try {
        // What was asked for before it was sent comes first, such as to leave an address.
        answerRequests();
        begun = true;
        transmit(outgoing);
      } finally {
        if (!begun) {
          outgoing.message.release();
        }
        // Does nothing where the fate is known already.
        outgoing.finish(SendResult.CLOSED);
      }
    }
  }

  private void transmit(Outgoing outgoing) {
    boolean heard = publisher == null || publisher.isHeard(outgoing.message);
    HeldMessages.Frames frames = frames(outgoing.message);
    int last = frames.list.length - 1;
    if (publisher == null) {
      frames.list[last] = tail.lastFrame(frames.list[last]);
    }
    boolean taken =
        publisher != null
            ? publisher.sendFirst(
                outgoing.message.patienceNanos(),
                () -> sendFrame(frames.list, 0),
                () -> isPublishGivenUp(outgoing))
            : pushFirst(outgoing, frames.list);
    if (!taken) {
      frames.giveBack();
      outgoing.finish(isClosing() ? SendResult.CLOSED : SendResult.TIMED_OUT);
      return;
    }
    for (int i = 1; i < frames.list.length; i++) {
      sendFrame(frames.list, i);
    }
    if (publisher == null) {
      tail.queued();
    }
    messages.increment();
    bytes.add(outgoing.byteSize);
    if (!heard && publisher != null) {
      publisher.countUnheard();
    }
    outgoing.finish(SendResult.SENT);
  }

  /** Offers the first frame until a peer takes it or the caller gives up. */
  private boolean pushFirst(Outgoing outgoing, Msg[] frames) {
    while (!isPeerReady() || !sendFrame(frames, 0)) {
      answerRequests();
      if (isClosing() || outgoing.isCancelled()) {
        return false;
      }
    }
    return true;
  }

  /** Does what else there is while a message waits for a subscriber. */
  private boolean isPublishGivenUp(Outgoing outgoing) {
    answerRequests();
    return isOverdue() || outgoing.isCancelled();
  }

  private boolean isPeerReady() {
    if (!hasLeft()) {
      LockSupport.parkNanos(LOOK_AGAIN_NANOS);
      return false;
    }
    try {
      return peers.isSettled(SLICE);
    } catch (InterruptedException e) {
      // Nobody interrupts this thread on purpose.
      return false;
    }
  }

  private boolean sendFrame(Msg[] frames, int index) {
    boolean more = index < frames.length - 1;
    return socket().base().send(frames[index], more ? zmq.ZMQ.ZMQ_SNDMORE : 0);
  }

  /** Makes frames that keep the message's memory, or copies it and releases the message. */
  private HeldMessages.Frames frames(Message message) {
    if (message.isSingleFrame()) {
      copies.increment();
      return copyAndRelease(message, true);
    }
    if (message.byteSize() < COPY_BELOW) {
      return copyAndRelease(message, false);
    }
    if (leasesRunShort(message.byteSize())) {
      copies.increment();
      return copyAndRelease(message, false);
    }
    return held.hold(message);
  }

  /**
   * Whether half of the pool is leased while JeroMQ holds messages until a garbage collection.
   * Waits once for that; while it lasts, later messages are copied at once.
   */
  private boolean leasesRunShort(long size) {
    PoolStats pool = options.pool().stats();
    if (held.isEmpty() || pool.leasedBytes() + size <= pool.budgetBytes() / 2) {
      underPressure = false;
      return false;
    }
    if (underPressure) {
      return true;
    }
    try {
      underPressure = !held.awaitRelease(RELEASE_WAIT);
    } catch (InterruptedException e) {
      underPressure = true;
    }
    return underPressure;
  }

  private static HeldMessages.Frames copyAndRelease(Message message, boolean gather) {
    int count = message.pieceCount();
    Msg[] frames = new Msg[gather ? 1 : count];
    if (gather) {
      ByteBuffer whole = ByteBuffer.allocate((int) message.byteSize());
      for (int i = 0; i < count; i++) {
        whole.put(message.piece(i).duplicate());
      }
      frames[0] = new Msg(whole.array());
    } else {
      for (int i = 0; i < count; i++) {
        byte[] copy = new byte[message.piece(i).remaining()];
        message.piece(i).duplicate().get(copy);
        frames[i] = new Msg(copy);
      }
    }
    message.release();
    return new HeldMessages.Frames(frames, () -> {});
  }

  @Override
  boolean drain(Duration timeout) throws InterruptedException {
    if (publisher != null || messages.sum() == 0) {
      return true;
    }
    long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    while (!tail.awaitBegun(SLICE)) {
      if (peers.count() == 0 || remaining(deadline) == 0) {
        return false;
      }
    }
    long lastWrite = Math.min(remaining(deadline), PushTail.LAST_WRITE.toNanos());
    TimeUnit.NANOSECONDS.sleep(lastWrite);
    return true;
  }

  @Override
  void ended() {
    for (Outgoing left = outbox.poll(); left != null; left = outbox.poll()) {
      left.message.release();
      left.finish(SendResult.CLOSED);
    }
    held.releaseAll();
  }

  @Override
  public boolean awaitPeers(int count, Duration timeout) throws InterruptedException {
    return peers.await(count, publisher != null, timeout);
  }

  @Override
  public SocketStats stats() {
    return SocketStats.withoutPeers(
        messages.sum(),
        bytes.sum(),
        peers.count(),
        publisher == null ? 0 : publisher.unheard(),
        publisher == null ? 0 : publisher.dropEvents(),
        copies.sum(),
        0);
  }

  @Override
  public boolean close(Duration drainTimeout) {
    return closeSocket(drainTimeout) || messages.sum() == 0;
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
