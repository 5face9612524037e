// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.tensor.Lease;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.SocketStats;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;
import zmq.Msg;

/** PULL and SUB. The socket's thread takes whole messages from JeroMQ and hands them out. */
final class JeroMqSource extends JeroMqSocket implements MessageSource {
  private static final Logger LOG = LoggerFactory.getLogger(JeroMqSource.class);

  /** How long a socket that finishes goes on taking, if the senders go on sending. */
  private static final Duration TAKE_REST = Duration.ofSeconds(1);

  private final BlockingQueue<Message> inbox = new ArrayBlockingQueue<>(1);
  private final AtomicInteger waiting = new AtomicInteger();
  private final LongAdder messages = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LeasingAllocator allocator;
  private final Queue<Message> rest = new ConcurrentLinkedQueue<>();
  private volatile boolean mustReopen;
  private volatile boolean finishing;
  private volatile boolean over;

  // Owned by the socket's thread: received, but the inbox has no room yet.
  private @Nullable Message pending;
  private boolean nothingCame;

  JeroMqSource(SocketRole role, SocketOptions options) {
    super(role == SocketRole.SUB ? SocketType.SUB : SocketType.PULL, role.name(), options);
    this.allocator =
        new LeasingAllocator(
            options.pool(),
            options.maxMessageBytes(),
            this::isClosing,
            () -> waiting.get() > 0,
            this::frameRefused);
  }

  @Override
  void configure(ZMQ.Socket newSocket) {
    super.configure(newSocket);
    // What a SUB sends are its topics.
    newSocket.setSndHWM(0);
    newSocket.setMaxMsgSize(options.maxMessageBytes());
    newSocket.setReceiveTimeOut(SLICE_MS);
    newSocket.setMsgAllocator(allocator);
    if (newSocket.getSocketType() == SocketType.SUB) {
      for (byte[] topic : options.topics()) {
        newSocket.subscribe(topic);
      }
    }
  }

  private void frameRefused() {
    refused.increment();
    mustReopen = true;
  }

  @Override
  void work() {
    if (mustReopen) {
      // What the connection brings from now on is garbage, and nothing tells which one it is.
      LOG.warn("a peer sent an impossible frame length; all connections are opened again");
      mustReopen = false;
      reopen();
    }
    if (pending == null) {
      pending = receive();
    }
    try {
      if (pending != null && inbox.offer(pending, SLICE_MS, TimeUnit.MILLISECONDS)) {
        pending = null;
      }
    } catch (InterruptedException e) {
      // Nobody interrupts this thread on purpose.
      LOG.debug("interrupted", e);
    }
  }

  private @Nullable Message receive() {
    Msg frame = socket().base().recv(0);
    nothingCame = frame == null;
    if (frame == null) {
      foundEmpty();
      return null;
    }
    List<ByteBuffer> frames = new ArrayList<>(4);
    List<@Nullable Lease> leases = new ArrayList<>(4);
    long size = 0;
    while (true) {
      size += frame.size();
      Lease lease = frame instanceof LeasingAllocator.LeasedMsg leased ? leased.takeLease() : null;
      leases.add(lease);
      frames.add(lease != null ? lease.buffer() : ByteBuffer.wrap(frame.data()));
      if (!frame.hasMore()) {
        break;
      }
      frame = socket().base().recv(0);
      if (frame == null) {
        // JeroMQ delivers whole messages; only the end of the context comes between.
        Message.inbound(frames, leases, "").release();
        return null;
      }
    }
    Message message = Message.inbound(frames, leases, onlyEndpoint());
    if (mustReopen) {
      message.release();
      return null;
    }
    if (frames.size() > options.maxFrames() || size > options.maxMessageBytes()) {
      refused.increment();
      LOG.warn("message refused: frames={}, bytes={}", frames.size(), size);
      message.release();
      return null;
    }
    messages.increment();
    bytes.add(size);
    return message;
  }

  @Override
  public @Nullable Message poll(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    waiting.incrementAndGet();
    try {
      // Slices, so that an end is noticed without a message.
      while (true) {
        boolean last = finishing ? over : isClosing();
        long left = last ? 0 : deadline - System.nanoTime();
        long slice = Math.min(left, TimeUnit.MILLISECONDS.toNanos(SLICE_MS));
        Message ready = inbox.poll(Math.max(0, slice), TimeUnit.NANOSECONDS);
        if (ready == null && last) {
          return rest.poll();
        }
        if (ready != null || left <= 0) {
          return ready;
        }
      }
    } finally {
      waiting.decrementAndGet();
    }
  }

  @Override
  public void closePeer(String peer) {
    // JeroMQ cannot: see JeroMqTransport.capabilities().
  }

  /** When it finishes it takes what JeroMQ has, but not for ever what still comes. */
  @Override
  boolean drain(Duration timeout) {
    long start = System.nanoTime();
    keepPending();
    do {
      Message message = receive();
      if (message != null) {
        rest.add(message);
      }
    } while (!nothingCame && System.nanoTime() - start < TAKE_REST.toNanos());
    return true;
  }

  private void keepPending() {
    if (pending != null) {
      rest.add(pending);
      pending = null;
    }
  }

  @Override
  void ended() {
    keepPending();
    if (!finishing) {
      releaseWaiting();
    }
    allocator.releaseAll();
    over = true;
  }

  private void releaseWaiting() {
    for (Queue<Message> queue : List.of(inbox, rest)) {
      for (Message left = queue.poll(); left != null; left = queue.poll()) {
        left.release();
      }
    }
  }

  @Override
  public boolean awaitPeers(int count, Duration timeout) throws InterruptedException {
    return peers.await(count, false, timeout);
  }

  @Override
  public SocketStats stats() {
    return SocketStats.withoutPeers(
        messages.sum(), bytes.sum(), peers.count(), 0, 0, allocator.heapFrames(), refused.sum());
  }

  @Override
  public boolean isClosed() {
    return finishing ? over && inbox.isEmpty() && rest.isEmpty() : isClosing();
  }

  @Override
  public void finish() {
    finishing = true;
    closeSocket(TAKE_REST);
  }

  @Override
  public void close() {
    closeSocket(Duration.ZERO);
    releaseWaiting();
  }
}
