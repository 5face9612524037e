// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.ConnectionListener;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of messages when the socket's thread fails, and when a pusher is closed. */
@Timeout(60)
final class JeroMqSinkTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int BYTES = 3000;

  private final TensorPool pool = TensorPool.ofBudget(4 << 20);
  private final SocketOptions options = SocketOptions.of(pool);

  @AfterEach
  void close() {
    pool.close();
  }

  private static void await(String what, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - start).as(what).isLessThan(SOON.toNanos());
      LockSupport.parkNanos(1_000_000);
    }
  }

  private Message leased(int bytes) {
    Lease lease = pool.lease(bytes);
    return Message.outbound(new ByteBuffer[] {lease.buffer()}, false, lease::release);
  }

  private static CompletableFuture<SendResult> sendInBackground(JeroMqSink sink, Message message) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return sink.send(message, SOON);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /** Fails on the socket's thread, as that does when it has no file descriptor left. */
  private static final class Failing implements ConnectionListener {
    private final AtomicBoolean connected = new AtomicBoolean();

    @Override
    public void connected(TransportAddress address) {
      connected.set(true);
    }

    @Override
    public void disconnected(TransportAddress address) {
      throw new IllegalStateException("injected");
    }
  }

  @Test
  void shouldGiveTheMessageBackWhenWhatWasAskedForBeforeItFails() throws Exception {
    // Its thread is not there: this one does its work, so that it is known what comes first.
    JeroMqSink sink = new JeroMqSink(SocketRole.PUSH, options);
    sink.configure(sink.socket());
    AtomicBoolean released = new AtomicBoolean();
    Message message =
        Message.outbound(
            new ByteBuffer[] {ByteBuffer.allocate(8)}, false, () -> released.set(true));
    try (MessageSource source = new JeroMqTransport().openSource(SocketRole.PULL, options)) {
      TransportAddress address = source.bind(TransportAddress.tcp("127.0.0.1", 0));
      Failing listener = new Failing();
      sink.setConnectionListener(listener);
      sink.connect(address);
      await(
          "the handshake",
          () -> {
            sink.answerRequests();
            return listener.connected.get();
          });
      sink.disconnect(address);
      CompletableFuture<SendResult> fate = sendInBackground(sink, message);

      assertThatThrownBy(
              () -> {
                while (!fate.isDone()) {
                  sink.work();
                }
              })
          .hasMessage("injected");

      assertThat(fate.get(5, TimeUnit.SECONDS)).isEqualTo(SendResult.CLOSED);
      assertThat(released).isTrue();
    } finally {
      sink.close();
      sink.run();
    }
  }

  /** Whether the thread of the pusher waits for the last message, or for JeroMQ to end. */
  private static boolean isClosing() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(each -> each.getKey().getName().startsWith("tensorcom-jeromq-PUSH"))
        .flatMap(each -> Arrays.stream(each.getValue()))
        .anyMatch(
            frame ->
                frame.getMethodName().equals("awaitBegun")
                    || (frame.getClassName().equals("org.zeromq.ZContext")
                        && frame.getMethodName().equals("close")));
  }

  /** A peer that takes little at a time, and a quarter of a megabyte in a second at most. */
  private static final class Slow extends FilterInputStream {
    Slow(Socket peer) throws IOException {
      super(peer.getInputStream());
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      LockSupport.parkNanos(1_000_000);
      return in.read(into, offset, Math.min(length, 256));
    }
  }

  /** Reads to the end of the connection; {@return the bytes that came} */
  private static long readAll(Socket peer) throws IOException {
    return new Slow(peer).transferTo(OutputStream.nullOutputStream());
  }

  @Test
  void shouldWriteTheLastMessageWholeWhenItIsClosedAndThePeerReadsSlowly() throws Exception {
    JeroMqSink sink = new JeroMqSink(SocketRole.PUSH, options);
    // Less than JeroMQ writes at a time, so that the last write is one in pieces.
    sink.socket().setSendBufferSize(2048);
    sink.start();
    try (ServerSocket server = new ServerSocket()) {
      server.setReceiveBufferSize(2048);
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      sink.connect(TransportAddress.tcp("127.0.0.1", server.getLocalPort()));
      try (Socket peer = server.accept()) {
        RawPeer.shakeHands(peer, "PULL");
        assertThat(RawPeer.readHandshake(peer)).contains("PUSH");
        assertThat(sink.awaitPeers(1, SOON)).isTrue();
        int sent = 0;
        while (sink.send(leased(BYTES), Duration.ofMillis(200)) == SendResult.SENT) {
          sent++;
        }
        CompletableFuture<Boolean> complete = CompletableFuture.supplyAsync(() -> sink.close(SOON));
        await("closing", JeroMqSinkTest::isClosing);

        assertThat(readAll(peer)).isEqualTo((long) sent * (9 + BYTES));
        assertThat(complete.get(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      sink.close();
    }
    assertThat(pool.stats().leases()).isZero();
  }
}
