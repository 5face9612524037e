// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.uring.IoUring;
import io.tensorcom.stream.EndNotice;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.Tuning;
import io.tensorcom.transport.zmtp.SessionBuffers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ends of sockets at awkward moments. */
@Timeout(60)
final class NettyClosingTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final TransportAddress ANY = TransportAddress.tcp("127.0.0.1", 0);

  private final TensorPool pool = TensorPool.ofBudget(64 << 20);

  private static void readHandshake(RawPeer peer) throws Exception {
    peer.receive(64);
    peer.receive(peer.receive(2)[1] & 0xff);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldTellTheEndBehindItsMessageToPullersOnly(boolean pushes) throws Exception {
    EndNotice end = new EndNotice(1, 2, 0, 3, true);
    SocketOptions options = SocketOptions.of(pool).withTopics(List.of(new byte[0]));
    try (MessageSink sink =
            new NettyTransport().openSink(pushes ? SocketRole.PUSH : SocketRole.PUB, options);
        MessageSource source =
            new NettyTransport().openSource(pushes ? SocketRole.PULL : SocketRole.SUB, options)) {
      source.connect(sink.bind(ANY));
      assertThat(sink.awaitPeers(1, SOON)).isTrue();
      ByteBuffer[] frames = {ByteBuffer.allocate(8)};
      Message last = Message.outbound(frames, false, () -> {}).withEnd(end.encode());
      assertThat(sink.send(last, SOON)).isEqualTo(SendResult.SENT);
      assertThat(sink.close(SOON)).isTrue();

      Message came = source.poll(SOON);
      assertThat(came).isNotNull();
      assertThat(came.isCommand()).isFalse();
      came.release();
      source.finish();
      Message told = source.poll(SOON);
      if (pushes) {
        assertThat(told).isNotNull();
        assertThat(EndNotice.decode(told.piece(0))).isEqualTo(end);
        told.release();
      } else {
        assertThat(told).isNull();
      }
    }
  }

  private static SendResult offer(MessageSink sink, Duration timeout) throws InterruptedException {
    ByteBuffer[] frames = {ByteBuffer.allocateDirect(4 << 20)};
    return sink.send(Message.outbound(frames, false, () -> {}), timeout);
  }

  @Test
  void shouldEndADrainWhenItIsClosedAgainWithLessTime() throws Exception {
    SocketOptions options = SocketOptions.of(pool);
    try (MessageSink sink = new NettyTransport().openSink(SocketRole.PUSH, options);
        MessageSource source = new NettyTransport().openSource(SocketRole.PULL, options)) {
      source.connect(sink.bind(ANY));
      assertThat(sink.awaitPeers(1, SOON)).isTrue();
      while (offer(sink, Duration.ofMillis(500)) == SendResult.SENT) {
        // Nobody takes anything: at some time there is no room.
      }
      CompletableFuture<Boolean> first =
          CompletableFuture.supplyAsync(() -> sink.close(Duration.ofHours(1)));
      while (offer(sink, Duration.ofMillis(1)) != SendResult.CLOSED) {
        // It has not begun to close yet.
      }

      assertThat(sink.close(Duration.ofMillis(10))).isFalse();

      assertThat(first.get(SOON.toSeconds(), TimeUnit.SECONDS)).isFalse();
      assertThat(sink.undelivered()).isPositive();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "epoll, 150000, 600",
    "epoll, 200, 100",
    "nio, 150000, 600",
    "nio, 200, 100",
    "io_uring, 150000, 600",
    "io_uring, 200, 100",
  })
  void shouldCountToTheMessageWhatAPeerDoesNotGetWhenItIsClosed(String io, int image, int label)
      throws Exception {
    assumeTrue(!io.equals("io_uring") || IoUring.isAvailable());
    SocketOptions options = SocketOptions.of(pool).withTuning(Tuning.DEFAULT.withIo(io));
    byte[][] frames = {
      RawPeer.frame(RawPeer.MORE, new byte[image]), RawPeer.frame(0, new byte[label])
    };
    int size = RawPeer.join(frames).length;
    ByteBuffer body = ByteBuffer.allocateDirect(image + label);
    // What is under way then is a matter of chance.
    for (int round = 0; round < 5; round++) {
      int sent = 0;
      try (MessageSink sink = new NettyTransport().openSink(SocketRole.PUSH, options);
          RawPeer peer = new RawPeer(sink.bind(ANY))) {
        peer.send(RawPeer.greeting(), RawPeer.ready("PULL"));
        readHandshake(peer);
        SendResult result = SendResult.SENT;
        while (result == SendResult.SENT) {
          ByteBuffer[] pieces = {body.slice(0, image), body.slice(image, label)};
          result = sink.send(Message.outbound(pieces, false, () -> {}), Duration.ofMillis(200));
          sent += result == SendResult.SENT ? 1 : 0;
        }
        assertThat(sink.close(Duration.ofMillis(10))).isFalse();

        long came = peer.receiveAll().length / size;
        assertThat(sink.undelivered()).as("round %d", round).isEqualTo(sent - came);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio", "io_uring"})
  void shouldCountEachByteThatAPeerGotWhenTheKernelTakesThemInParts(String io) throws Exception {
    assumeTrue(!io.equals("io_uring") || IoUring.isAvailable());
    SocketOptions options = SocketOptions.of(pool).withTuning(Tuning.DEFAULT.withIo(io));
    try (MessageSink sink = new NettyTransport().openSink(SocketRole.PUSH, options)) {
      CompletableFuture<Boolean> closed;
      int came;
      try (RawPeer peer = new RawPeer(sink.bind(ANY))) {
        peer.send(RawPeer.greeting(), RawPeer.ready("PULL"));
        for (int i = 0; i < 4; i++) {
          assertThat(offer(sink, SOON)).isEqualTo(SendResult.SENT);
        }
        closed = CompletableFuture.supplyAsync(() -> sink.close(SOON));
        came = peer.receiveAll().length;
      }

      assertThat(closed.get(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(sink.stats().gonePeers())
          .singleElement()
          .satisfies(gone -> assertThat(gone.counters().bytes()).isEqualTo(came));
    }
  }

  @Test
  void shouldGiveBackItsBuffersWhenClosedWhileIoUringReadsAndWrites() throws Exception {
    assumeTrue(IoUring.isAvailable());
    long buffers = SessionBuffers.inUse();
    SocketOptions options = SocketOptions.of(pool).withTuning(Tuning.DEFAULT.withIo("io_uring"));
    ByteBuffer body = ByteBuffer.allocateDirect(4 << 20);
    // The moment may be missed.
    for (int i = 0; i < 40; i++) {
      try (MessageSink sink = new NettyTransport().openSink(SocketRole.PUSH, options);
          MessageSource source = new NettyTransport().openSource(SocketRole.PULL, options)) {
        source.connect(sink.bind(ANY));
        assertThat(sink.awaitPeers(1, SOON)).isTrue();
        SendResult result = SendResult.SENT;
        while (i % 2 == 0 && result == SendResult.SENT) {
          ByteBuffer[] frames = {ByteBuffer.allocate(8), body.duplicate()};
          result = sink.send(Message.outbound(frames, false, () -> {}), Duration.ofMillis(20));
        }
      }
      assertThat(SessionBuffers.inUse())
          .as("sessions with buffers, round %d", i)
          .isEqualTo(buffers);
    }
  }

  @Test
  void shouldGiveBackItsBuffersWhenClosedJustAsReadingGoesOn() throws Exception {
    long buffers = SessionBuffers.inUse();
    byte[] message = RawPeer.frame(0, new byte[300_000]);
    // The moment may be missed.
    for (int i = 0; i < 200; i++) {
      try (MessageSource source =
          new NettyTransport().openSource(SocketRole.PULL, SocketOptions.of(pool))) {
        try (RawPeer peer = new RawPeer(source.bind(ANY))) {
          peer.send(RawPeer.greeting(), RawPeer.ready("PUSH"));
          readHandshake(peer);
          peer.send(message, message, message, message, message, message);
          // As many as are queued before reading is paused.
          while (source.stats().messages() < 4) {
            Thread.onSpinWait();
          }
        }
        // Two turns of the loop, so that it has seen the end of the connection while paused.
        source.bind(ANY);
        source.bind(ANY);
        for (int taken = 0; taken < 3; taken++) {
          Message next = source.poll(SOON);
          assertThat(next).isNotNull();
          next.release();
        }
      }
      assertThat(SessionBuffers.inUse())
          .as("sessions with buffers, round %d", i)
          .isEqualTo(buffers);
    }
  }
}
