// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.SocketStats;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.Tuning;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** A receiver that strangers talk to, and an honest peer that must not notice. */
abstract class HostileFixture {
  static final Duration SOON = Duration.ofSeconds(20);
  static final int HONEST_MESSAGES = 3;
  private static final int HONEST_BYTES = 200_000;

  private final TensorPool pool = TensorPool.builder().budgetBytes(48 << 20).checked(true).build();
  private final TensorPool senders = TensorPool.ofBudget(48 << 20);
  private final List<AutoCloseable> opened = new ArrayList<>();
  private @Nullable MessageSource source;
  private TransportAddress address = TransportAddress.tcp("127.0.0.1", 0);

  @AfterEach
  void closeAndFindNoLease() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
    assertThat(pool.stats().leases()).isZero();
    assertThat(pool.stats().leaks()).isZero();
  }

  final void openReceiver(String io, long maxMessageBytes) {
    openReceiver(io, maxMessageBytes, Duration.ofSeconds(20), Duration.ofSeconds(30));
  }

  final void openReceiver(String io, long maxMessageBytes, Duration handshake, Duration progress) {
    MessageSource receiver =
        new NettyTransport()
            .openSource(
                SocketRole.PULL,
                SocketOptions.of(pool)
                    .withMaxMessageBytes(maxMessageBytes)
                    .withHandshakeTimeout(handshake)
                    .withTuning(
                        Tuning.DEFAULT
                            .withIo(io)
                            .withTimes(Duration.ZERO, progress, Duration.ZERO)));
    opened.add(receiver);
    source = receiver;
    address = receiver.bind(address);
  }

  final TensorPool pool() {
    return pool;
  }

  final TransportAddress address() {
    return address;
  }

  private MessageSource source() {
    MessageSource receiver = source;
    assertThat(receiver).isNotNull();
    return receiver;
  }

  final SocketStats stats() {
    return source().stats();
  }

  final boolean awaitPeers(int count) throws InterruptedException {
    return source().awaitPeers(count, SOON);
  }

  final Message take() throws InterruptedException {
    Message message = source().poll(SOON);
    assertThat(message).isNotNull();
    return message;
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("time for: %s", what).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  final void awaitClosed(String reason, long count) {
    await(reason + " " + count, () -> stats().closed().getOrDefault(reason, 0L) == count);
  }

  final void awaitPeersGone() {
    await("no peers", () -> stats().peers() == 0);
  }

  private MessageSink honestPeer() throws InterruptedException {
    MessageSink sink = new NettyTransport().openSink(SocketRole.PUSH, SocketOptions.of(senders));
    sink.connect(address);
    assertThat(sink.awaitPeers(1, SOON)).isTrue();
    return sink;
  }

  private SendResult send(MessageSink sink, int number, Duration timeout)
      throws InterruptedException {
    Lease body = senders.lease(HONEST_BYTES);
    ByteBuffer header = ByteBuffer.allocate(4).putInt(0, number);
    return sink.send(
        Message.outbound(new ByteBuffer[] {header, body.buffer()}, false, body::release), timeout);
  }

  /** A peer that keeps the rules connects, and what it sends arrives. */
  final void assertHonestPeerIsServed() throws InterruptedException {
    try (MessageSink sink = honestPeer()) {
      for (int i = 0; i < HONEST_MESSAGES; i++) {
        assertThat(send(sink, i, SOON)).isEqualTo(SendResult.SENT);
      }
      for (int i = 0; i < HONEST_MESSAGES; i++) {
        Message message = take();
        assertThat(message.piece(0).getInt(0)).isEqualTo(i);
        assertThat(message.piece(1).remaining()).isEqualTo(HONEST_BYTES);
        message.release();
      }
    }
  }

  /** Takes messages and releases none, until the sender is held back for good. */
  final List<Message> keepAllThatComes() throws InterruptedException {
    MessageSink sink = honestPeer();
    opened.add(0, sink);
    List<Message> kept = new ArrayList<>();
    for (int i = 0; send(sink, i, Duration.ofSeconds(1)) == SendResult.SENT; i++) {
      Message message = source().poll(Duration.ofMillis(i < 100 ? 1000 : 1));
      if (message != null) {
        kept.add(message);
      }
    }
    return kept;
  }
}
