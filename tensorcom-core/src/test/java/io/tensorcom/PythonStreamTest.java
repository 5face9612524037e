// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tensorcom.codec.Encoding;
import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.StreamOptions;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.testkit.Batches;
import io.tensorcom.transport.SendResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The implementation of the specification in {@code examples/python}, in both directions. */
@Timeout(120)
final class PythonStreamTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int COUNT = 40;
  private static final String SCRIPT = "stream_peer.py";

  @BeforeEach
  void needPython() {
    PythonPeer.assumeInstalled();
  }

  /** Sending scheme, receiving scheme, and what the sender adds. */
  static Stream<Arguments> pairs() {
    List<Arguments> pairs = new ArrayList<>();
    for (String mode : List.of("plain", "single", "checksum")) {
      pairs.add(Arguments.of("zpush", "zpull", mode));
      pairs.add(Arguments.of("zrpush", "zrpull", mode));
      pairs.add(Arguments.of("zpub", "zsub", mode));
      pairs.add(Arguments.of("zrpub", "zrsub", mode));
    }
    return pairs.stream();
  }

  private static void assertSame(TensorBatch batch, JsonNode described) {
    assertThat(batch.size()).isEqualTo(described.size());
    for (int i = 0; i < batch.size(); i++) {
      Tensor tensor = batch.get(i);
      assertThat(tensor.dtype().numpyName()).isEqualTo(described.get(i).get("dtype").asText());
      assertThat(Batches.sha256(tensor)).isEqualTo(described.get(i).get("sha256").asText());
    }
  }

  private static PythonPair<TensorReceiver> pythonSends(String sends, String receives, String mode)
      throws Exception {
    return PythonPair.receiving(
        receives,
        PythonPair.anyPort(),
        place -> TensorReceiver.open(receives + place),
        place -> new PythonPeer(SCRIPT, "send", sends + place, "" + COUNT, mode));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void shouldAccountForEveryBatchWhenPythonSends(String sends, String receives, String mode)
      throws Exception {
    try (PythonPair<TensorReceiver> pair = pythonSends(sends, receives, mode)) {
      TensorReceiver receiver = pair.ours();
      PythonPeer peer = pair.peer();
      peer.say("go");
      for (int i = 0; i < COUNT; i++) {
        try (TensorBatch batch = receiver.receive()) {
          assertSame(batch, peer.hear());
        }
      }
      assertThat(receiver.stats().malformed()).isZero();
      assertThat(receiver.isEnded()).isEqualTo(!mode.equals("single"));
      if (!mode.equals("single")) {
        StreamStats stream = receiver.stats().streams().get(0);
        assertThat(stream.received()).isEqualTo(COUNT);
        assertThat(stream.missing()).isZero();
        assertThat(stream.epoch()).isEqualTo(1);
      }
      peer.finish();
    }
  }

  @Test
  void shouldReportTheGapWhenPythonLeavesOneOut() throws Exception {
    try (PythonPair<TensorReceiver> pair = pythonSends("zpush", "zpull", "gap")) {
      TensorReceiver receiver = pair.ours();
      pair.peer().say("go");
      for (int i = 0; i < COUNT; i++) {
        receiver.receive().close();
      }

      StreamStats stream = receiver.stats().streams().get(0);
      assertThat(stream.missing()).isEqualTo(3);
      assertThat(stream.gaps()).hasToString("[20-22]");
    }
  }

  private static TensorBatch batch(TensorSender sender, int index) {
    DType[] dtypes = DType.values();
    return TensorBatch.of(
        Batches.random(sender.pool(), index, dtypes[index % dtypes.length], 1 + index % 5, 640),
        Batches.random(sender.pool(), index + 1L, DType.UINT32, 100));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void shouldBeUnderstoodWhenPythonReceives(String sends, String receives, String mode)
      throws Exception {
    TensorcomConfig config =
        TensorcomConfig.builder()
            .encoding(mode.equals("single") ? Encoding.SINGLE : Encoding.MULTIPART)
            .streams(StreamOptions.DEFAULT.withChecksum(mode.equals("checksum")))
            .build();
    try (PythonPair<TensorSender> pair =
        PythonPair.sending(
            sends,
            PythonPair.anyPort(),
            place -> TensorSender.open(config, sends + place),
            place -> new PythonPeer(SCRIPT, "recv", receives + place, "" + COUNT))) {
      TensorSender sender = pair.ours();
      PythonPeer peer = pair.peer();
      assertThat(sender.awaitPeers(1, SOON)).isTrue();
      for (int i = 0; i < COUNT; i++) {
        BatchMark mark =
            i == COUNT / 2 || i == COUNT - 1
                ? BatchMark.endOfEpoch(i == COUNT - 1)
                : BatchMark.NONE;
        try (TensorBatch batch = batch(sender, i)) {
          assertThat(sender.send(batch, SOON, mark)).isEqualTo(SendResult.SENT);
          assertSame(batch, peer.hear());
        }
      }
      JsonNode account = peer.hear();
      assertThat(account.get("malformed").asInt()).isZero();
      boolean told = !mode.equals("single");
      assertThat(account.get("received").asInt()).isEqualTo(told ? COUNT : 0);
      assertThat(account.get("missing").asInt()).isZero();
      assertThat(account.get("epochs").asInt()).isEqualTo(told ? 2 : 0);
      assertThat(account.get("ended").asBoolean()).isEqualTo(told);
      peer.finish();
    }
  }

  @Test
  void shouldPassItsOwnTestsWhenRunByItsInterpreter(@TempDir Path scratch) throws Exception {
    Path told = scratch.resolve("told");
    Path folder = PythonPeer.ROOT.resolve("examples/python");
    Process process =
        new ProcessBuilder(
                PythonPeer.interpreter().toAbsolutePath().toString(),
                "-m",
                "unittest",
                "test_tensorcom_stream")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(told.toFile())
            .start();
    boolean ended;
    try {
      ended = process.waitFor(100, TimeUnit.SECONDS);
    } finally {
      process.destroyForcibly();
    }
    String output = Files.readString(told);

    assertThat(ended).as(output).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output).containsPattern("Ran [2-9][0-9] tests");
  }
}
