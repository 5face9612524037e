// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static io.tensorcom.transport.netty.RawPeer.bytes;
import static io.tensorcom.transport.netty.RawPeer.command;
import static io.tensorcom.transport.netty.RawPeer.frame;
import static io.tensorcom.transport.netty.RawPeer.greeting;
import static io.tensorcom.transport.netty.RawPeer.header;
import static io.tensorcom.transport.netty.RawPeer.join;
import static io.tensorcom.transport.netty.RawPeer.ready;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.Tuning;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What peers may not do to a sender. */
@Timeout(60)
final class NettyHostileSubscriberTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final byte[] NONE = {};

  private final TensorPool pool = TensorPool.builder().budgetBytes(64 << 20).checked(true).build();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void closeAndFindNoLease() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
    assertThat(pool.stats().leases()).isZero();
  }

  private MessageSink sink(SocketRole role, Tuning tuning) {
    MessageSink sink =
        new NettyTransport()
            .openSink(
                role,
                SocketOptions.of(pool).withTuning(tuning).withSlowPeerWait(Duration.ofMillis(1)));
    opened.add(0, sink);
    return sink;
  }

  private RawPeer peer(MessageSink sink, String type) throws Exception {
    RawPeer peer = new RawPeer(sink.bind(TransportAddress.tcp("127.0.0.1", 0)));
    opened.add(0, peer);
    peer.send(greeting(), ready(type));
    return peer;
  }

  private Message message(int bytes) {
    Lease body = pool.lease(bytes);
    ByteBuffer header = ByteBuffer.wrap("header".getBytes(StandardCharsets.US_ASCII));
    return Message.outbound(new ByteBuffer[] {header, body.buffer()}, false, body::release);
  }

  private static void awaitClosed(MessageSink sink, String reason) {
    HostileFixture.await(reason, () -> sink.stats().closed().containsKey(reason));
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldCloseWhenASubscriberWantsTooManyTopics(String io) throws Exception {
    MessageSink sink = sink(SocketRole.PUB, Tuning.DEFAULT.withIo(io));
    RawPeer peer = peer(sink, "SUB");
    for (int i = 0; i < 1001; i++) {
      byte[] topic = ("t" + i).getBytes(StandardCharsets.US_ASCII);
      peer.send(i % 2 == 0 ? command("SUBSCRIBE", topic) : frame(0, join(bytes(1), topic)));
    }
    peer.receiveAll();

    awaitClosed(sink, "subscriptions");
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldCloseWhenATopicIsTooLong(String io) throws Exception {
    MessageSink sink = sink(SocketRole.PUB, Tuning.DEFAULT.withIo(io));
    peer(sink, "SUB").send(command("SUBSCRIBE", new byte[256])).receiveAll();

    awaitClosed(sink, "subscriptions");
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldCloseWithoutMemoryWhenATopicOfOneGigabyteIsClaimed(String io) throws Exception {
    MessageSink sink = sink(SocketRole.PUB, Tuning.DEFAULT.withIo(io));
    peer(sink, "SUB").send(header(RawPeer.LONG, 1 << 30), bytes(1)).receiveAll();

    awaitClosed(sink, "size");
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldCountSubscriptionsAndIgnoreUnknownCancelsWhenASubscriberRepeats(String io)
      throws Exception {
    MessageSink sink = sink(SocketRole.PUB, Tuning.DEFAULT.withIo(io));
    RawPeer peer = peer(sink, "SUB");
    byte[] topic = "head".getBytes(StandardCharsets.US_ASCII);
    peer.send(command("CANCEL", topic), frame(0, join(bytes(0), topic)), frame(0, NONE));
    peer.send(command("SUBSCRIBE", topic), frame(0, join(bytes(1), topic)));
    peer.send(command("CANCEL", topic));
    peer.receive(64 + ready("PUB").length);
    assertThat(sink.awaitPeers(1, SOON)).isTrue();

    // Subscribed twice and cancelled once: still wanted.
    assertThat(sink.send(message(100), SOON)).isEqualTo(SendResult.SENT);
    assertThat(peer.receive(8)).startsWith(1, 6, 'h');
    assertThat(sink.stats().closed()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldIgnoreALittleAndCloseAtMuchWhenAPullerSendsData(String io) throws Exception {
    MessageSink sink = sink(SocketRole.PUSH, Tuning.DEFAULT.withIo(io));
    RawPeer peer = peer(sink, "PULL");
    peer.send(frame(0, new byte[8000]), frame(RawPeer.MORE, NONE), frame(0, NONE));
    peer.receive(64 + ready("PUSH").length);
    assertThat(sink.send(message(100), SOON)).isEqualTo(SendResult.SENT);
    peer.receive(2 + 6 + 2 + 100);
    assertThat(sink.stats().closed()).isEmpty();

    peer.send(frame(0, new byte[8193])).receiveAll();

    awaitClosed(sink, "size");
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldEndOnlyWhenToldSoWhenASubscriberTakesNothing(String io) throws Exception {
    Tuning patient = Tuning.DEFAULT.withIo(io);
    Tuning strict =
        patient.withTimes(Duration.ZERO, Duration.ofSeconds(30), Duration.ofMillis(200));
    for (Tuning tuning : List.of(patient, strict)) {
      MessageSink sink = sink(SocketRole.PUB, tuning);
      peer(sink, "SUB").send(command("SUBSCRIBE", NONE));
      assertThat(sink.awaitPeers(1, SOON)).isTrue();

      // Told to, it ends some time; not told, it is given long enough to do so wrongly.
      Duration longest = tuning.equals(strict) ? SOON : Duration.ofSeconds(2);
      long until = System.nanoTime() + longest.toNanos();
      while (System.nanoTime() < until && sink.stats().closed().isEmpty()) {
        assertThat(sink.send(message(1 << 20), SOON)).isEqualTo(SendResult.SENT);
        // Four in its queue, one that is handed over, and no more than that.
        assertThat(pool.stats().leases()).isLessThanOrEqualTo(6);
      }

      assertThat(sink.stats().dropEvents()).isPositive();
      assertThat(sink.stats().closed().keySet())
          .isEqualTo(tuning.equals(strict) ? Set.of("not_reading") : Set.of());
      sink.close();
    }
  }

  @Test
  void shouldTakeItForDataWhenAPublisherSendsWhatLooksLikeASubscription() throws Exception {
    MessageSource source =
        new NettyTransport()
            .openSource(SocketRole.SUB, SocketOptions.of(pool).withTopics(List.of(NONE)));
    opened.add(source);
    try (RawPeer peer = new RawPeer(source.bind(TransportAddress.tcp("127.0.0.1", 0)))) {
      peer.send(greeting(), ready("PUB"), frame(0, bytes(1, 'x')));

      Message message = source.poll(SOON);

      assertThat(message).isNotNull();
      assertThat(message.piece(0)).isEqualTo(ByteBuffer.wrap(bytes(1, 'x')));
      message.release();
    }
  }
}
