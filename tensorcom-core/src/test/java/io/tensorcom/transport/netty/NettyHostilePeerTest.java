// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static io.tensorcom.transport.netty.RawPeer.LONG;
import static io.tensorcom.transport.netty.RawPeer.MORE;
import static io.tensorcom.transport.netty.RawPeer.bytes;
import static io.tensorcom.transport.netty.RawPeer.command;
import static io.tensorcom.transport.netty.RawPeer.frame;
import static io.tensorcom.transport.netty.RawPeer.greeting;
import static io.tensorcom.transport.netty.RawPeer.header;
import static io.tensorcom.transport.netty.RawPeer.join;
import static io.tensorcom.transport.netty.RawPeer.ready;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.transport.Message;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What peers may not do to a receiver: each costs its own connection, is counted by reason, leaves
 * no lease behind, and disturbs nobody else.
 */
@Timeout(60)
final class NettyHostilePeerTest extends HostileFixture {
  private static final byte[] NONE = {};
  private static final long LIMIT = Nonsense.LIMIT;

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] handshake() {
    return join(greeting(), ready("PUSH"));
  }

  static Stream<Arguments> nonsense() {
    return Nonsense.all().stream()
        .flatMap(each -> Stream.of("epoll", "nio").map(io -> Arguments.of(each.name(), io, each)));
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("nonsense")
  void shouldCloseOnlyTheOffenderWhenItTalksNonsense(String name, String io, Nonsense what)
      throws Exception {
    openReceiver(io, LIMIT);
    try (RawPeer peer = new RawPeer(address())) {
      peer.send(what.said());
      peer.receiveAll();
    } catch (SocketException e) {
      // Closed while the peer was still talking; the counter tells why.
    }

    awaitClosed(what.reason(), 1);
    assertThat(pool().awaitNoLeases(SOON)).isTrue();
    assertHonestPeerIsServed();
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldTellTheReasonWhenTheHandshakeFails(String io) throws Exception {
    openReceiver(io, LIMIT);
    try (RawPeer peer = new RawPeer(address())) {
      byte[] said = peer.send(greeting(), ready("SUB")).receiveAll();

      assertThat(new String(said, StandardCharsets.ISO_8859_1)).endsWith("ERROR\fincompatible");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldCloseAtTheDeadlineWhenTheHandshakeStops(String io) throws Exception {
    openReceiver(io, LIMIT, Duration.ofMillis(200), Duration.ofSeconds(30));
    try (RawPeer silent = new RawPeer(address());
        RawPeer greeted = new RawPeer(address());
        RawPeer slow = new RawPeer(address())) {
      silent.send(bytes(0xFF));
      greeted.send(greeting());
      byte[] greeting = greeting();
      slow.send(Arrays.copyOf(greeting, 63));
      silent.receiveAll();
      greeted.receiveAll();
      slow.receiveAll();
    }

    awaitClosed("handshake_timeout", 3);
    assertHonestPeerIsServed();
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldTakeWhatLaterVersionsMayBringWhenAPeerIsNewer(String io) throws Exception {
    openReceiver(io, LIMIT);
    byte[] later = greeting(9, 255, "NULL");
    Arrays.fill(later, 1, 9, (byte) 7);
    Arrays.fill(later, 33, 64, (byte) 9);
    try (RawPeer peer = new RawPeer(address())) {
      peer.send(later, ready("PUSH"));
      // Commands between the parts, one unknown; a length that needs no long form.
      peer.send(frame(MORE, ascii("first")), command("HELLO", ascii("you")));
      peer.send(command("PONG", NONE), header(LONG, 6), ascii("second"));

      Message message = take();

      assertThat(message.pieceCount()).isEqualTo(2);
      assertThat(message.piece(0).remaining()).isEqualTo(5);
      assertThat(message.piece(1).remaining()).isEqualTo(6);
      message.release();
      assertThat(stats().closed()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldLeaseNothingWhenManyClaimMuchAndStop(String io) throws Exception {
    openReceiver(io, 16 << 20, Duration.ofSeconds(20), Duration.ofMillis(1500));
    List<RawPeer> peers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      RawPeer peer = new RawPeer(address());
      peers.add(peer);
      peer.send(handshake(), header(LONG, 14 << 20), new byte[10_000]);
    }
    assertThat(awaitPeers(200)).isTrue();
    assertThat(pool().stats().leases()).isZero();
    assertHonestPeerIsServed();

    for (RawPeer peer : peers) {
      peer.receiveAll();
      peer.close();
    }
    awaitClosed("stalled", 200);
    assertThat(pool().awaitNoLeases(SOON)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldDropTheRestWhenAPeerIsLostWithinAMessage(String io) throws Exception {
    openReceiver(io, LIMIT);
    byte[] message =
        join(frame(MORE, ascii("header")), frame(MORE, new byte[100_000]), frame(0, new byte[9]));
    for (int cut : new int[] {1, 3, 8, 9, 20, 70_000, 70_001, 100_010, message.length - 1}) {
      RawPeer peer = new RawPeer(address());
      peer.send(handshake(), Arrays.copyOf(message, cut));
      if (cut % 2 == 0) {
        peer.reset();
      } else {
        peer.close();
      }
    }

    assertHonestPeerIsServed();
    assertThat(stats().messages()).isEqualTo(HONEST_MESSAGES);
    awaitPeersGone();
    assertThat(pool().awaitNoLeases(SOON)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldAnswerOnceWhenAPeerFloodsWithPings(String io) throws Exception {
    openReceiver(io, LIMIT);
    byte[] ping = command("PING", join(bytes(0, 0), ascii("0123456789abcdef")));
    byte[][] flood = new byte[10_000][];
    Arrays.fill(flood, ping);
    try (RawPeer peer = new RawPeer(address())) {
      peer.send(handshake()).receive(64 + ready("PULL").length);

      peer.send(ping);
      byte[] pong = command("PONG", ascii("0123456789abcdef"));
      assertThat(peer.receive(pong.length)).isEqualTo(pong);

      // Nothing is read meanwhile: only what the kernel takes and one more may wait here.
      peer.send(join(flood));
      assertHonestPeerIsServed();
      assertThat(stats().closed()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldCloseWhenAPeerIsSilentLongerThanItPromised(String io) throws Exception {
    openReceiver(io, LIMIT);
    try (RawPeer peer = new RawPeer(address())) {
      long start = System.nanoTime();
      peer.send(handshake(), command("PING", bytes(0, 1)));
      peer.receiveAll();

      // A promise of 0.1 s is taken for one second.
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(900));
    }
    awaitClosed("silent", 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void shouldStopReadingWhenTheApplicationKeepsEverything(String io) throws Exception {
    openReceiver(io, LIMIT);
    List<Message> kept = keepAllThatComes();

    assertThat(pool().stats().leasedBytes()).isLessThanOrEqualTo(pool().budgetBytes());
    assertThat(stats().peers()).isEqualTo(1);

    kept.forEach(Message::release);
    assertThat(take()).satisfies(Message::release);
  }
}
