// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tensorcom.codec.Encoding;
import io.tensorcom.stream.StreamOptions;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import io.tensorcom.transport.SendResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The Python tensorcom, unmodified, and libzmq, in both directions over every pair of schemes. */
@Timeout(120)
final class PythonInteropTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int COUNT = 40;

  @BeforeEach
  void needPython() {
    PythonPeer.assumeInstalled();
  }

  @TempDir Path folder = Path.of("");

  /** Sending scheme, receiving scheme, encoding, transport and medium of the Java side. */
  static Stream<Arguments> pairs() {
    List<Arguments> pairs = new ArrayList<>();
    for (String road : List.of("netty+tcp", "netty+ipc", "jeromq+tcp")) {
      for (Encoding encoding : Encoding.values()) {
        pairs.add(Arguments.of("zpush", "zpull", encoding, road));
        pairs.add(Arguments.of("zrpush", "zrpull", encoding, road));
        pairs.add(Arguments.of("zpub", "zsub", encoding, road));
        pairs.add(Arguments.of("zrpub", "zrsub", encoding, road));
      }
    }
    return pairs.stream();
  }

  /** What follows the scheme in a URL, for either side. */
  private String place(String road) {
    return road.endsWith("ipc") ? "+ipc://" + folder.resolve("socket") : PythonPair.anyPort();
  }

  private static String option(String road) {
    return "?transport=" + road.substring(0, road.indexOf('+'));
  }

  private static String[] arguments(String role, String url, Encoding encoding) {
    return encoding == Encoding.SINGLE
        ? new String[] {role, url, "" + COUNT, "single"}
        : new String[] {role, url, "" + COUNT};
  }

  private static void assertSame(TensorBatch batch, JsonNode described) {
    assertThat(batch.size()).isEqualTo(described.size());
    for (int i = 0; i < batch.size(); i++) {
      Tensor tensor = batch.get(i);
      JsonNode peer = described.get(i);
      assertThat(tensor.dtype().numpyName()).isEqualTo(peer.get("dtype").asText());
      List<Long> shape = new ArrayList<>();
      peer.get("shape").forEach(dim -> shape.add(dim.asLong()));
      assertThat(tensor.shape()).isEqualTo(shape.stream().mapToLong(Long::longValue).toArray());
      assertThat(Batches.sha256(tensor)).isEqualTo(peer.get("sha256").asText());
    }
  }

  /** Connected is not yet subscribed, and a Python publisher cannot tell. */
  private static void probe(TensorReceiver receiver, PythonPeer peer) throws Exception {
    TensorBatch heard = null;
    while (heard == null) {
      peer.say("probe");
      heard = receiver.poll(Duration.ofMillis(20));
    }
    heard.close();
  }

  private static TensorBatch next(TensorReceiver receiver) throws InterruptedException {
    while (true) {
      TensorBatch batch = receiver.receive();
      if (batch.get(0).rank() < 9) {
        return batch;
      }
      batch.close();
    }
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void shouldReceiveEveryByteWhenPythonSends(
      String sends, String receives, Encoding encoding, String road) throws Exception {
    try (PythonPair<TensorReceiver> pair =
        PythonPair.receiving(
            receives,
            place(road),
            place -> TensorReceiver.open(receives + place + option(road)),
            place ->
                new PythonPeer("tensorcom_peer.py", arguments("send", sends + place, encoding)))) {
      TensorReceiver receiver = pair.ours();
      PythonPeer peer = pair.peer();
      if (sends.endsWith("pub")) {
        probe(receiver, peer);
      }
      peer.say("go");
      for (int i = 0; i < COUNT; i++) {
        try (TensorBatch batch = next(receiver)) {
          assertSame(batch, peer.hear());
        }
      }
      peer.finish();
      assertThat(receiver.stats().malformed()).isZero();
      assertThat(receiver.pool().stats().leases()).isZero();
    }
  }

  private static TensorBatch readableByPython(TensorPool pool, int index) {
    List<Tensor> tensors = new ArrayList<>();
    DType[] dtypes = DType.values();
    for (int k = 0; k < 1 + index % 3; k++) {
      DType dtype = dtypes[(index + k) % dtypes.length];
      // The Python package cannot read uint32.
      DType sent = dtype == DType.UINT32 ? DType.UINT8 : dtype;
      tensors.add(Batches.random(pool, 31L * index + k, sent, 1 + index % 5, 64, 33).info("t" + k));
    }
    return TensorBatch.of(tensors);
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void shouldDeliverEveryByteWhenPythonReceives(
      String sends, String receives, Encoding encoding, String road) throws Exception {
    // With everything that the extension can have.
    TensorcomConfig config =
        TensorcomConfig.builder()
            .encoding(encoding)
            .streams(StreamOptions.DEFAULT.withChecksum(true))
            .build();
    try (PythonPair<TensorSender> pair =
        PythonPair.sending(
            sends,
            place(road),
            place -> TensorSender.open(config, sends + place + option(road)),
            place ->
                new PythonPeer(
                    "tensorcom_peer.py", arguments("recv", receives + place, encoding)))) {
      TensorSender sender = pair.ours();
      PythonPeer peer = pair.peer();
      assertThat(sender.awaitPeers(1, SOON)).isTrue();
      for (int i = 0; i < COUNT; i++) {
        try (TensorBatch batch = readableByPython(sender.pool(), i)) {
          assertThat(sender.send(batch, SOON)).isEqualTo(SendResult.SENT);
          assertSame(batch, peer.hear());
        }
      }
      peer.finish();
    }
  }

  @Test
  void shouldDeliverOnlyMatchesWhenLibzmqSubscribesToATopic() throws Exception {
    try (TensorSender sender = TensorSender.open("zpub://127.0.0.1:0")) {
      String topic = HexFormat.of().formatHex(Topic.of(DType.UINT8, "img").prefix());
      try (PythonPeer peer =
          new PythonPeer(
              "zmq_peer.py", "sub", "connect", sender.boundEndpoints().get(0), "1", topic)) {
        assertThat(sender.awaitPeers(1, SOON)).isTrue();
        for (String info : List.of("other", "imgs", "img")) {
          try (TensorBatch batch =
              TensorBatch.of(
                  Batches.random(sender.pool(), 1, DType.UINT8, info.length()).info(info))) {
            sender.send(batch, SOON);
          }
        }
        assertThat(peer.hear().get(1).get("length").asInt()).isEqualTo("img".length());
        peer.finish();
      }
      assertThat(sender.stats().socket().unheard()).isEqualTo(2);
    }
  }

  @Test
  void shouldReceiveOnlyMatchesWhenSubscribedToTopicsOfLibzmq() throws Exception {
    try (PythonPeer peer = new PythonPeer("zmq_peer.py", "pub", "bind", "tcp://127.0.0.1:*", "0");
        TensorReceiver receiver =
            TensorReceiver.open("zsub://127.0.0.1:" + peer.port() + "#f4%00%00%00%00%00%00a")) {
      // One float32 of info "b", and one of info "a", until the subscription has arrived.
      String header = "6634000000000000%s00000000000000" + "0100000000000000" + "0100000000000000";
      TensorBatch batch = null;
      for (int i = 0; i < 300 && batch == null; i++) {
        peer.say("[\"" + String.format(header, "62") + "\", \"00000000\"]");
        peer.say("[\"" + String.format(header, "61") + "\", \"0000803f\"]");
        batch = receiver.poll(Duration.ofMillis(50));
      }
      assertThat(batch).isNotNull();
      assertThat(batch.get(0).info()).isEqualTo("a");
      assertThat(batch.get(0).data().getFloat(0)).isEqualTo(1f);
      batch.close();
    }
  }
}
