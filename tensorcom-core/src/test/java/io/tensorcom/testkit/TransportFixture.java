// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Medium;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.Transport;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.TransportException;
import io.tensorcom.transport.Tuning;
import io.tensorcom.transport.zmtp.SessionBuffers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Two transports, their sockets and a pool that must be whole again after each test. */
abstract class TransportFixture {
  static final Duration SOON = Duration.ofSeconds(30);

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final List<String> leaks = Collections.synchronizedList(new ArrayList<>());
  @TempDir Path folder;
  private int paths;
  private long buffersBefore;
  TensorPool pool;

  /** {@return the transport that sends} */
  protected abstract Transport sending();

  /** {@return the transport that receives} */
  protected abstract Transport receiving();

  /** {@return an address to bind that nobody else uses} */
  protected TransportAddress any() {
    return TransportAddress.tcp("127.0.0.1", 0);
  }

  /** {@return a Unix-domain socket that nobody else uses} */
  protected final TransportAddress anyUnixSocket() {
    return TransportAddress.ipc(folder.resolve("s" + paths++).toString());
  }

  /** {@return the tuning of all sockets} */
  protected Tuning tuning() {
    return Tuning.DEFAULT;
  }

  SocketOptions options(TensorPool of) {
    return SocketOptions.of(of).withTuning(tuning());
  }

  @BeforeEach
  void openPool() {
    // Tests of single sessions leave some.
    buffersBefore = SessionBuffers.inUse();
    pool =
        TensorPool.builder()
            .budgetBytes(256 << 20)
            .checked(true)
            .leakListener(leak -> leaks.add(leak.toString()))
            .build();
  }

  @AfterEach
  void closeAndFindNoLeak() throws Exception {
    Collections.reverse(opened);
    for (AutoCloseable socket : opened) {
      socket.close();
    }
    assertThat(pool.stats().leases()).as("leases after close").isZero();
    assertThat(leaks).isEmpty();
    assertThat(NettyLeaks.found()).isEmpty();
    assertThat(NettyLeaks.allocated()).as("buffers taken from Netty").isEmpty();
    awaitSessionsWithoutBuffers();
  }

  /** A socket is closed when its channels are; the sessions of strangers may end a little later. */
  private void awaitSessionsWithoutBuffers() throws InterruptedException {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (SessionBuffers.inUse() > buffersBefore && System.nanoTime() < deadline) {
      // Polled: a hook that tells when a count falls would be in production code for this alone.
      Thread.sleep(1);
    }
    assertThat(SessionBuffers.inUse())
        .as("sessions with buffers")
        .isLessThanOrEqualTo(buffersBefore);
  }

  /**
   * Binds where only who asks for the very port may bind later: one of those that the system hands
   * out can be taken by anybody in between, even by the connection that dials it.
   */
  TransportAddress bindForRebinding(MessageSink sink) {
    if (any().medium() == Medium.IPC) {
      return sink.bind(any());
    }
    for (int attempt = 0; ; attempt++) {
      try {
        int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
        return sink.bind(TransportAddress.tcp("127.0.0.1", port));
      } catch (TransportException e) {
        assertThat(attempt).as("ports that are taken").isLessThan(20);
      }
    }
  }

  MessageSink sink(SocketRole role) {
    return sink(role, options(pool));
  }

  MessageSink sink(SocketRole role, SocketOptions options) {
    MessageSink sink = sending().openSink(role, options);
    opened.add(sink);
    return sink;
  }

  MessageSource source(SocketRole role, String... topics) {
    List<byte[]> prefixes = new ArrayList<>();
    for (String topic : topics) {
      prefixes.add(topic.getBytes(StandardCharsets.US_ASCII));
    }
    return source(role, options(pool).withTopics(prefixes));
  }

  MessageSource source(SocketRole role, SocketOptions options) {
    MessageSource source = receiving().openSource(role, options);
    opened.add(source);
    return source;
  }

  /** A header frame that says the number, and a body of leased memory filled with it. */
  Message numbered(int number, int bodyBytes) {
    Lease body = pool.lease(bodyBytes);
    ByteBuffer data = body.buffer();
    while (data.hasRemaining()) {
      data.put((byte) number);
    }
    ByteBuffer header =
        ByteBuffer.wrap(String.format("m%05d", number).getBytes(StandardCharsets.US_ASCII));
    return Message.outbound(new ByteBuffer[] {header, data.flip()}, false, body::release);
  }

  /** Reads the number back after checking every byte of the body, and releases the message. */
  static int numberOf(Message message, int bodyBytes) {
    try {
      assertThat(message.pieceCount()).isEqualTo(2);
      byte[] header = new byte[message.piece(0).remaining()];
      message.piece(0).duplicate().get(header);
      int number = Integer.parseInt(new String(header, 1, 5, StandardCharsets.US_ASCII));
      ByteBuffer body = message.piece(1).duplicate();
      assertThat(body.remaining()).isEqualTo(bodyBytes);
      while (body.hasRemaining()) {
        if (body.get() != (byte) number) {
          throw new AssertionError("body of " + number + " differs at " + (body.position() - 1));
        }
      }
      return number;
    } finally {
      message.release();
    }
  }

  static void await(String what, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - start).as(what).isLessThan(SOON.toNanos());
      LockSupport.parkNanos(1_000_000);
    }
  }

  static int receive(MessageSource source, int bodyBytes) throws InterruptedException {
    Message message = source.poll(SOON);
    assertThat(message).as("message within %s", SOON).isNotNull();
    return numberOf(message, bodyBytes);
  }

  void sendAll(MessageSink sink, int from, int to, int bodyBytes) throws InterruptedException {
    for (int i = from; i < to; i++) {
      assertThat(sink.send(numbered(i, bodyBytes), SOON)).isEqualTo(SendResult.SENT);
    }
  }

  Thread sendInBackground(MessageSink sink, int from, int to, int bodyBytes) {
    Thread thread =
        new Thread(
            () -> {
              try {
                sendAll(sink, from, to, bodyBytes);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    thread.start();
    return thread;
  }
}
