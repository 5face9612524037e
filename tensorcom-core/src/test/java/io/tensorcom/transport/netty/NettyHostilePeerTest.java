// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static io.tensorcom.transport.netty.RawPeer.COMMAND;
import static io.tensorcom.transport.netty.RawPeer.LONG;
import static io.tensorcom.transport.netty.RawPeer.MORE;
import static io.tensorcom.transport.netty.RawPeer.bytes;
import static io.tensorcom.transport.netty.RawPeer.command;
import static io.tensorcom.transport.netty.RawPeer.frame;
import static io.tensorcom.transport.netty.RawPeer.greeting;
import static io.tensorcom.transport.netty.RawPeer.header;
import static io.tensorcom.transport.netty.RawPeer.join;
import static io.tensorcom.transport.netty.RawPeer.property;
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
  private static final long LIMIT = 1 << 20;

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] handshake() {
    return join(greeting(), ready("PUSH"));
  }

  /** What is said, and the reason for which the connection must be closed. */
  static Stream<Arguments> nonsense() {
    List<Arguments> all = new ArrayList<>();
    strangers(all);
    handshakes(all);
    frames(all);
    commands(all);
    return all.stream()
        .flatMap(
            each -> Stream.of("epoll", "nio").map(io -> Arguments.of(each.get()[0], io, each)));
  }

  private static void add(List<Arguments> all, String name, String reason, byte[]... said) {
    all.add(Arguments.of(name, reason, join(said)));
  }

  private static void strangers(List<Arguments> all) {
    add(all, "HTTP", "not_zmtp", ascii("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    add(all, "TLS ClientHello", "not_zmtp", bytes(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3));
    add(all, "zeros", "not_zmtp", new byte[64]);
    byte[] unsigned = greeting();
    unsigned[9] = 0;
    add(all, "no signature", "not_zmtp", unsigned);
    for (int major = 0; major < 3; major++) {
      add(all, "ZMTP " + major, "downgrade_refused", greeting(major, 0, "NULL"));
    }
    add(all, "ZMTP 1.0", "downgrade_refused", bytes(1, 0));
    add(all, "PLAIN", "mechanism", greeting(3, 1, "PLAIN"));
    add(all, "NULL and garbage", "mechanism", greeting(3, 1, "NULLx"));
  }

  private static void handshakes(List<Arguments> all) {
    byte[] type = property("Socket-Type", ascii("PUSH"));
    add(all, "READY without type", "metadata", greeting(), command("READY", NONE));
    add(all, "READY twice the type", "metadata", greeting(), command("READY", join(type, type)));
    add(all, "READY of a SUB", "incompatible", greeting(), ready("SUB"));
    add(all, "READY of an unknown type", "incompatible", greeting(), ready("PUSHER"));
    byte[] huge = join(bytes(1, 'x'), bytes(0x7f, 0xff, 0xff, 0xff), NONE);
    add(all, "value of 2^31-1", "metadata", greeting(), command("READY", join(type, huge)));
    byte[] past = join(bytes(1, 'x'), bytes(0, 0, 0, 9), ascii("short"));
    add(all, "value past the end", "metadata", greeting(), command("READY", join(type, past)));
    add(all, "trailing bytes", "metadata", greeting(), command("READY", join(type, bytes(3))));
    byte[][] many = new byte[65][];
    Arrays.setAll(many, i -> property("X-" + i, NONE));
    add(all, "65 properties", "metadata", greeting(), command("READY", join(many)));
    add(all, "READY of 9 kB", "command", greeting(), command("READY", new byte[9000]));
    add(all, "data before READY", "frame", greeting(), frame(0, ascii("data")));
    add(all, "SUBSCRIBE before READY", "frame", greeting(), command("SUBSCRIBE", NONE));
    add(all, "second READY", "frame", handshake(), ready("PUSH"));
    add(all, "ERROR", "peer_error", greeting(), command("ERROR", join(bytes(2), ascii("no"))));
  }

  private static void frames(List<Arguments> all) {
    add(all, "reserved flags", "frame", handshake(), header(8, 1));
    add(all, "MORE on a command", "frame", handshake(), header(COMMAND | MORE, 1));
    for (long length :
        new long[] {1L << 62, 1L << 63, -1L, 0x800000007FFFFF00L, LIMIT + 1, 1L << 31}) {
      add(
          all,
          "length " + Long.toHexString(length),
          "size",
          handshake(),
          header(LONG, length),
          new byte[1000]);
    }
    byte[][] empty = new byte[300][];
    Arrays.fill(empty, header(MORE, 0));
    add(all, "endless empty frames", "frame_count", handshake(), join(empty));
    byte[][] large = new byte[20][];
    Arrays.fill(large, frame(MORE, new byte[100_000]));
    add(all, "endless large frames", "size", handshake(), join(large));
  }

  private static void commands(List<Arguments> all) {
    add(all, "empty command", "command", handshake(), header(COMMAND, 0));
    add(all, "name of length 0", "command", handshake(), frame(COMMAND, bytes(0, 1, 2)));
    add(all, "name past the end", "command", handshake(), frame(COMMAND, bytes(9, 'P', 'I')));
    add(all, "command of 9 kB", "command", handshake(), command("X", new byte[9000]));
    add(all, "PING of 6 bytes", "command", handshake(), command("PING", bytes(1)));
    byte[] context = new byte[19];
    add(all, "PING with 17 bytes", "command", handshake(), command("PING", context));
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("nonsense")
  void shouldCloseOnlyTheOffenderWhenItTalksNonsense(String name, String io, Arguments what)
      throws Exception {
    String reason = (String) what.get()[1];
    openReceiver(io, LIMIT);
    try (RawPeer peer = new RawPeer(address())) {
      peer.send((byte[]) what.get()[2]);
      peer.receiveAll();
    } catch (SocketException e) {
      // Closed while the peer was still talking; the counter tells why.
    }

    awaitClosed(reason, 1);
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
    for (int cut : new int[] {1, 3, 8, 9, 20, 70_000, 100_010, message.length - 1}) {
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
