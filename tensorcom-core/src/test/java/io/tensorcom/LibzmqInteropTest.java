// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.netty.NettyTransport;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Our ZMTP with libzmq on the other end: frames of every size, on both media, in both directions.
 */
@Timeout(120)
final class LibzmqInteropTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Map<String, String> HEARTBEAT = Map.of("ZMQ_PEER_HEARTBEAT_MS", "50");
  private static final List<List<Integer>> SIZES =
      List.of(
          List.of(1),
          List.of(0, 0),
          List.of(254, 255, 256, 257),
          List.of(65_535, 65_536, 65_537),
          List.of(4_000_000, 3, 0, 5_000_000),
          Stream.iterate(1, i -> i + 1).limit(200).toList());

  @TempDir private Path folder = Path.of("unset");

  private final TensorPool pool = TensorPool.builder().budgetBytes(256 << 20).checked(true).build();
  private final SocketOptions options = SocketOptions.of(pool).withTopics(List.of(new byte[0]));

  @BeforeAll
  static void needsPython() {
    PythonPeer.assumeInstalled();
  }

  @AfterEach
  void nothingLeaks() throws InterruptedException {
    assertThat(pool.awaitNoLeases(SOON)).isTrue();
  }

  static Stream<Arguments> ways() {
    return Stream.of("tcp", "ipc")
        .flatMap(
            medium ->
                Stream.of("push", "pub")
                    .flatMap(
                        role ->
                            Stream.of(true, false).map(bind -> Arguments.of(medium, role, bind))));
  }

  private TransportAddress any(String medium) {
    return medium.equals("ipc")
        ? TransportAddress.ipc(folder.resolve("s").toString())
        : TransportAddress.tcp("127.0.0.1", 0);
  }

  private MessageSink sink(String role) {
    return new NettyTransport()
        .openSink(role.equals("push") ? SocketRole.PUSH : SocketRole.PUB, options);
  }

  private MessageSource source(String role) {
    return new NettyTransport()
        .openSource(role.equals("push") ? SocketRole.PULL : SocketRole.SUB, options);
  }

  private static byte[] pattern(int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (i % 251);
    }
    return bytes;
  }

  private Message message(List<Integer> sizes) {
    ByteBuffer[] pieces = new ByteBuffer[sizes.size()];
    Lease[] leases = new Lease[sizes.size()];
    for (int i = 0; i < pieces.length; i++) {
      leases[i] = pool.lease(Math.max(1, sizes.get(i)));
      pieces[i] = leases[i].buffer().clear().put(0, pattern(sizes.get(i))).limit(sizes.get(i));
    }
    return Message.outbound(pieces, false, () -> Arrays.stream(leases).forEach(Lease::release));
  }

  private static void assertFrames(JsonNode heard, List<Integer> sizes) throws Exception {
    assertThat(heard).hasSize(sizes.size());
    for (int i = 0; i < sizes.size(); i++) {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(pattern(sizes.get(i)));
      assertThat(heard.get(i).get("length").asInt()).isEqualTo(sizes.get(i));
      assertThat(heard.get(i).get("sha256").asText()).isEqualTo(HexFormat.of().formatHex(hash));
    }
  }

  private static void assertFrames(Message message, List<Integer> sizes) {
    assertThat(message.pieceCount()).isEqualTo(sizes.size());
    for (int i = 0; i < sizes.size(); i++) {
      assertThat(message.piece(i)).isEqualTo(ByteBuffer.wrap(pattern(sizes.get(i))));
    }
    message.release();
  }

  private static String peerOf(String role) {
    return role.equals("push") ? "pull" : role.equals("pub") ? "sub" : "";
  }

  /** Where a peer binds. */
  private String foreign(String medium) {
    return medium.equals("ipc") ? "ipc://" + folder.resolve("p") : "tcp://127.0.0.1:*";
  }

  /** Where that is for us. */
  private TransportAddress foreign(String medium, PythonPeer peer) {
    return medium.equals("ipc")
        ? TransportAddress.ipc(folder.resolve("p").toString())
        : TransportAddress.tcp("127.0.0.1", peer.port());
  }

  @ParameterizedTest
  @MethodSource("ways")
  void shouldSendEverySizeWhenPeerIsLibzmq(String medium, String role, boolean weBind)
      throws Exception {
    try (MessageSink sink = sink(role)) {
      String at = weBind ? sink.bind(any(medium)).toString() : foreign(medium);
      String attach = weBind ? "connect" : "bind";
      try (PythonPeer peer =
          new PythonPeer(HEARTBEAT, "zmq_peer.py", peerOf(role), attach, at, "" + SIZES.size())) {
        if (!weBind) {
          sink.connect(foreign(medium, peer));
        }
        assertThat(sink.awaitPeers(1, SOON)).isTrue();
        for (List<Integer> sizes : SIZES) {
          assertThat(sink.send(message(sizes), SOON)).isEqualTo(SendResult.SENT);
        }
        for (List<Integer> sizes : SIZES) {
          assertFrames(peer.hear(), sizes);
        }
        peer.finish();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void shouldReceiveEverySizeWhenPeerIsLibzmq(String medium, String role, boolean weBind)
      throws Exception {
    try (MessageSource source = source(role)) {
      String at = weBind ? source.bind(any(medium)).toString() : foreign(medium);
      String attach = weBind ? "connect" : "bind";
      try (PythonPeer peer = new PythonPeer(HEARTBEAT, "zmq_peer.py", role, attach, at, "0")) {
        if (!weBind) {
          source.connect(foreign(medium, peer));
        }
        Message first = null;
        while (first == null) {
          // A publisher drops what comes before the subscription.
          peer.say("[7]");
          first = source.poll(Duration.ofMillis(20));
        }
        first.release();
        for (List<Integer> sizes : SIZES) {
          peer.say(sizes.toString());
        }
        for (List<Integer> sizes : SIZES) {
          assertFrames(nextLongerThanOne(source, sizes), sizes);
        }
        peer.finish();
      }
    }
  }

  /** Passes over what was sent while nobody was sure of the connection. */
  private static Message nextLongerThanOne(MessageSource source, List<Integer> sizes)
      throws InterruptedException {
    while (true) {
      Message next = Objects.requireNonNull(source.poll(SOON));
      boolean early = next.pieceCount() == 1 && next.piece(0).remaining() == 7;
      if (!early || sizes.equals(List.of(7))) {
        return next;
      }
      next.release();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "ipc"})
  void shouldServeTheNextPullerWhenOneIsKilled(String medium) throws Exception {
    try (MessageSink sink = sink("push")) {
      String at = sink.bind(any(medium)).toString();
      try (PythonPeer first = new PythonPeer("zmq_peer.py", "pull", "connect", at, "9")) {
        assertThat(sink.send(message(List.of(10)), SOON)).isEqualTo(SendResult.SENT);
        assertFrames(first.hear(), List.of(10));
        first.signal("KILL");
      }
      while (sink.stats().peers() > 0) {
        Thread.onSpinWait();
      }
      try (PythonPeer second = new PythonPeer("zmq_peer.py", "pull", "connect", at, "1")) {
        assertThat(sink.send(message(List.of(20)), SOON)).isEqualTo(SendResult.SENT);
        assertFrames(second.hear(), List.of(20));
        second.finish();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "ipc"})
  void shouldWaitAndLoseNothingWhenAPullerIsStopped(String medium) throws Exception {
    List<Integer> size = List.of(3_000_000);
    try (MessageSink sink = sink("push")) {
      String at = sink.bind(any(medium)).toString();
      try (PythonPeer peer = new PythonPeer("zmq_peer.py", "pull", "connect", at, "1000000")) {
        assertThat(sink.awaitPeers(1, SOON)).isTrue();
        peer.signal("STOP");
        int sent = 0;
        while (sink.send(message(size), Duration.ofMillis(300)) == SendResult.SENT) {
          sent++;
        }
        assertThat(sent).isPositive();

        peer.signal("CONT");

        for (int i = 0; i < sent; i++) {
          assertFrames(peer.hear(), size);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "ipc"})
  void shouldDrainAllWhenClosedWhilePullerIsSlow(String medium) throws Exception {
    List<Integer> size = List.of(2_000_000);
    Map<String, String> slow = Map.of("ZMQ_PEER_PAUSE_MS", "50");
    MessageSink sink = sink("push");
    String at = sink.bind(any(medium)).toString();
    try (PythonPeer peer = new PythonPeer(slow, "zmq_peer.py", "pull", "connect", at, "20")) {
      for (int i = 0; i < 20; i++) {
        assertThat(sink.send(message(size), SOON)).isEqualTo(SendResult.SENT);
      }
      assertThat(sink.close(SOON)).isTrue();
      for (int i = 0; i < 20; i++) {
        assertFrames(peer.hear(), size);
      }
      peer.finish();
    } finally {
      sink.close();
    }
  }
}
