// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tensorcom.codec.Encoding;
import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.StreamOptions;
import io.tensorcom.stream.StreamReport;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.ShardPosition;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.testkit.Batches;
import io.tensorcom.transport.SendResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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

  @Test
  void shouldTellInfosAndShardWhenPythonSendsThem() throws Exception {
    try (PythonPair<TensorReceiver> pair = pythonSends("zpush", "zpull", "shard")) {
      TensorReceiver receiver = pair.ours();
      pair.peer().say("go");
      for (int i = 0; i < COUNT; i++) {
        try (TensorBatch batch = receiver.receive()) {
          for (int k = 0; k < batch.size(); k++) {
            assertThat(batch.get(k).info()).isEqualTo(k == 0 ? "img" : k == 1 ? "cls" : "");
          }
          assertThat(Objects.requireNonNull(batch.origin()).shard())
              .isEqualTo(new ShardPosition(4, i, -1));
        }
      }
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
  void shouldSettleWhatWasLostWhenPullersOfBothKindsTellWhatCame() throws Exception {
    int taken = 10;
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?pool=64M");
        TensorReceiver receiver =
            TensorReceiver.open(sender.boundEndpoints().get(0).replace("tcp", "zrpull"));
        PythonPeer peer =
            new PythonPeer(
                SCRIPT,
                "recv",
                sender.boundEndpoints().get(0).replace("tcp", "zrpull"),
                "" + taken)) {
      assertThat(sender.awaitPeers(2, SOON)).isTrue();
      AtomicInteger here = new AtomicInteger();
      Thread reading = new Thread(() -> receiver.forEach(batch -> count(batch, here)));
      reading.start();
      for (int i = 0; i < 4 * COUNT; i++) {
        BatchMark mark = i == 4 * COUNT - 1 ? BatchMark.endOfEpoch(true) : BatchMark.NONE;
        try (TensorBatch batch = batch(sender, i)) {
          assertThat(sender.send(batch, SOON, mark)).isEqualTo(SendResult.SENT);
        }
      }
      for (int i = 0; i < taken; i++) {
        peer.hear();
      }
      List<String> lines = new ArrayList<>();
      peer.hear().get("account").forEach(line -> lines.add(line.asText()));
      peer.finish();
      reading.join(SOON.toMillis());

      StreamReport python = StreamReport.ofLines(lines);
      assertThat(python.toLines()).isEqualTo(lines);
      assertThat(python.streams().values())
          .extracting(StreamReport.Ranges::peer)
          .containsExactlyElementsOf(sender.boundEndpoints());
      List<StreamReport.Verdict> verdicts =
          StreamReport.merge(List.of(receiver.streamReport(), python));
      assertThat(verdicts).hasSize(1);
      assertThat(verdicts.get(0).sent()).isEqualTo(4 * COUNT);
      assertThat(verdicts.get(0).duplicates()).isZero();
      assertThat(verdicts.get(0).received()).isEqualTo(taken + here.get());
    }
  }

  private static void count(TensorBatch batch, AtomicInteger count) {
    batch.close();
    count.incrementAndGet();
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
