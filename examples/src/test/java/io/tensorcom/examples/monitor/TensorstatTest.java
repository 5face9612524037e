// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tensorcom.ServeOptions;
import io.tensorcom.TensorSender;
import io.tensorcom.codec.TenFile;
import io.tensorcom.codec.TenFileWriter;
import io.tensorcom.examples.cli.ToolRun;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TensorstatTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path VECTORS =
      Path.of(System.getProperty("tensorcom.root"), "tensorcom-core/src/test/resources/vectors");

  private final Path folder;
  private final TensorPool pool = TensorPool.ofBudget(1 << 20);

  TensorstatTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @AfterEach
  void close() {
    pool.close();
  }

  private static ToolRun run(String... args) {
    return ToolRun.of(Tensorstat::new, args);
  }

  private static void assertOneLine(ToolRun run, int exitCode, String part) {
    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0)).startsWith("tensorstat: ").contains(part);
    assertThat(run.exitCode()).isEqualTo(exitCode);
  }

  private static List<JsonNode> objects(ToolRun run) {
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    return run.out().stream().map(TensorstatTest::parse).toList();
  }

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new AssertionError(line, e);
    }
  }

  @Test
  void shouldAgreeWithTheManifestWhenAFileIsAGoldenVector() throws IOException {
    JsonNode manifest = JSON.readTree(VECTORS.resolve("manifest.json").toFile());
    try (Stream<Path> files = Files.list(VECTORS)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".ten")).toList()) {
        String name = file.getFileName().toString().replace(".ten", "");
        List<JsonNode> tensors = objects(run("--json", file.toString()));
        assertThat(tensors).as(name).hasSize(manifest.get(name).size());
        for (int i = 0; i < tensors.size(); i++) {
          for (String field : List.of("dtype", "shape", "info", "sha256")) {
            assertThat(tensors.get(i).get(field))
                .as("%s, tensor %s, %s", name, i, field)
                .isEqualTo(manifest.get(name).get(i).get(field));
          }
        }
      }
    }
  }

  private Path twoBatches() throws IOException {
    Path file = folder.resolve("two.ten");
    try (TenFileWriter writer = TenFile.create(file)) {
      for (int i = 0; i < 2; i++) {
        try (TensorBatch batch =
            TensorBatch.of(
                Tensor.copyOf(pool, DType.FLOAT32, new float[] {i, 2, Float.NaN}, 3),
                Tensor.copyOf(pool, DType.INT64, new long[0], 0, 4).info("none"))) {
          writer.write(batch);
        }
      }
    }
    return file;
  }

  @Test
  void shouldGiveUpWhenTheUrlSaysAfterHowLong() {
    ToolRun run = run("zsub://127.0.0.1:1?timeout=100ms");

    assertOneLine(run, 1, "no batch within 100 ms: nobody is connected: zsub://127.0.0.1:1");
    assertThat(run.out()).contains("Source:");
  }

  @Test
  void shouldPrintPythonsTextWhenGivenAFile() throws IOException {
    Path file = twoBatches();
    assertThat(run(file.toString()).out())
        .containsExactly(
            "reading batches...",
            "",
            "Source:",
            file + ": 2 batches, 24 bytes",
            "",
            "=== Input 0 ===",
            "",
            "2 [0 2] mean=1.25 std=0.829 n=4 nan=2 (left out)",
            "{('float32', 3)}",
            "",
            "=== Input 1 ===",
            "",
            "2 [nan nan] mean=nan std=nan n=0",
            "{('int64', 0, 4)}",
            "");
  }

  @Test
  void shouldStopAfterTheCountWhenAFileHasMoreBatches() throws IOException {
    assertThat(objects(run("--json", "-c", "1", twoBatches().toString()))).hasSize(2);
    assertThat(objects(run("--json", twoBatches().toString()))).hasSize(4);
  }

  /** Serves batches of twelve tensors, one more dimension each, and one that is empty. */
  private static CompletableFuture<Void> serve(TensorSender sender) {
    return CompletableFuture.runAsync(
        () -> {
          Stream<TensorBatch> batches =
              Stream.iterate(1, i -> i + 1)
                  .limit(3)
                  .map(
                      i -> {
                        Tensor[] tensors = new Tensor[12];
                        for (int t = 0; t < 11; t++) {
                          tensors[t] =
                              Tensor.copyOf(sender.pool(), DType.UINT64, new long[i], i)
                                  .info("t" + t);
                          tensors[t].data().putLong(0, -t);
                        }
                        tensors[11] = Tensor.copyOf(sender.pool(), DType.FLOAT16, new short[0], 0);
                        return TensorBatch.of(tensors);
                      });
          try {
            var unused = sender.serve(batches, ServeOptions.patient(Duration.ofSeconds(30)));
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void shouldEndWithTheStreamWhenItHasFewerBatchesThanAskedFor() {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s")) {
      CompletableFuture<Void> serving =
          CompletableFuture.runAsync(
              () -> {
                try {
                  var unused =
                      sender.serveEpochs(
                          1,
                          epoch ->
                              Stream.generate(
                                      () ->
                                          TensorBatch.of(
                                              Tensor.copyOf(
                                                  sender.pool(), DType.UINT8, new byte[6], 2, 3)))
                                  .limit(3)
                                  .iterator(),
                          ServeOptions.patient(Duration.ofSeconds(30)));
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      String url = sender.boundEndpoints().get(0).replace("tcp", "zrpull");
      List<JsonNode> positions = objects(run("--json", "-c", "1000", url));
      serving.join();
      assertThat(positions).hasSize(1);
      assertThat(positions.get(0).get("position").asInt()).isZero();
    }
  }

  @Test
  void shouldPrintAnObjectPerPositionWhenAskedForJson() {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s")) {
      CompletableFuture<Void> serving = serve(sender);
      String url = sender.boundEndpoints().get(0).replace("tcp", "zrpull");
      List<JsonNode> positions = objects(run("--json", "-c", "3", url));
      serving.join();
      assertThat(positions).hasSize(12);
      assertThat(positions.get(1))
          .isEqualTo(
              parse(
                  "{\"position\":1,\"dtypes\":[\"uint64\"],\"shapes\":[[1],[2],[3]],"
                      + "\"infos\":[\"t1\"],\"min\":0,\"max\":18446744073709551615,"
                      + "\"mean\":9.223372036854775807E18,\"std\":9.223372036854775807E18,"
                      + "\"count\":3,\"n\":6,\"nan\":0}"));
      assertThat(positions.get(11))
          .isEqualTo(
              parse(
                  "{\"position\":11,\"dtypes\":[\"float16\"],\"shapes\":[[0]],\"infos\":[\"\"],"
                      + "\"min\":null,\"max\":null,\"mean\":null,\"std\":null,"
                      + "\"count\":3,\"n\":0,\"nan\":0}"));
    }
  }

  @Test
  void shouldPrintPythonsTextWhenGivenAStream() {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s")) {
      CompletableFuture<Void> serving = serve(sender);
      String url = sender.boundEndpoints().get(0).replace("tcp", "zrpull");
      ToolRun run = run("-c", "3", url);
      serving.join();
      assertThat(run.out().subList(0, 3)).containsExactly("reading batches...", "", "Source:");
      assertThat(run.out().get(3))
          .matches("rate \\d+\\.\\d{6} msg/s throughput \\d\\.\\d{2}e[+-]\\d{2} bytes/s");
      assertThat(run.out().subList(4, 10))
          .containsExactly(
              "",
              "=== Input 0 ===",
              "",
              "3 [0 0] mean=0 std=0 n=6",
              "{('uint64', 1), ('uint64', 2), ('uint64', 3)}",
              "");
    }
  }

  @Test
  void shouldSayOneLineWhenAFileIsBroken() throws IOException {
    Path file = folder.resolve("broken.ten");
    byte[] good = Files.readAllBytes(VECTORS.resolve("imagenet-like.ten"));
    good[0] ^= 1;
    Files.write(file, good);
    assertOneLine(run(file.toString()), 1, "broken.ten");
    assertOneLine(run("--json", file.toString()), 1, "broken.ten");
    Files.writeString(file, "nonsense");
    assertOneLine(run("--json", file.toString()), 1, "broken.ten");
  }

  @Test
  void shouldSayOneLineWhenAFileIsCutOff() throws IOException {
    Path file = folder.resolve("short.ten");
    byte[] good = Files.readAllBytes(VECTORS.resolve("imagenet-like.ten"));
    Files.write(file, Arrays.copyOf(good, good.length / 2));
    assertOneLine(run("--json", file.toString()), 1, "short.ten");
  }

  @Test
  void shouldSayOneLineWhenThereIsNoSuchFile() {
    assertOneLine(run("nonsense"), 1, "no such file: nonsense");
    assertOneLine(run(folder.toString()), 1, "no such file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--nonsense", "-c 0", "-c x", "zmq://127.0.0.1:1", "zpub://127.0.0.1:1"})
  void shouldSayOneLineWhenStartedWithNonsense(String args) {
    assertOneLine(run(args.split(" ", -1)), 2, "");
  }
}
