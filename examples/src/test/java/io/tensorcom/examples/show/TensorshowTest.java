// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.TensorSender;
import io.tensorcom.examples.cli.ToolRun;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TensorshowTest {
  private final Path folder;
  private final Path png;

  TensorshowTest(@TempDir Path folder) {
    this.folder = folder;
    this.png = folder.resolve("grid.png");
  }

  private static ToolRun run(String... args) {
    return ToolRun.of(Tensorshow::new, args);
  }

  private static void assertOneLine(ToolRun run, int exitCode, String part) {
    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0)).startsWith("tensorshow: ").contains(part);
    assertThat(run.exitCode()).isEqualTo(exitCode);
  }

  /** Runs the tool with --png on a stream of one batch. */
  private ToolRun showOne(Supplier<TensorBatch> batch, String... args) throws Exception {
    try (TensorSender sender = TensorSender.open("zpub://127.0.0.1:0?drain=0s")) {
      CompletableFuture<Void> sending =
          CompletableFuture.runAsync(
              () -> {
                try (TensorBatch one = batch.get()) {
                  assertThat(sender.awaitPeers(1, Duration.ofSeconds(30))).isTrue();
                  sender.send(one, Duration.ofSeconds(30));
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      String url = sender.boundEndpoints().get(0).replace("tcp", "zsub") + "?timeout=30s";
      String[] all = new String[args.length + 3];
      all[0] = url;
      all[1] = "--png";
      all[2] = png.toString();
      System.arraycopy(args, 0, all, 3, args.length);
      ToolRun run = run(all);
      sending.get();
      return run;
    }
  }

  private static Tensor blueAndRed() {
    double[] values = new double[2 * 2 * 2 * 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 3 == (i < values.length / 2 ? 2 : 0) ? 255 : 0;
    }
    return Tensors.of(DType.UINT8, new long[] {2, 2, 2, 3}, values);
  }

  @Test
  void shouldWriteThePictureAndPythonsLinesWhenABatchComes() throws Exception {
    Path names = Files.writeString(folder.resolve("classes.json"), "{\"1\": \"red one\"}");
    ToolRun run =
        showOne(
            () -> TensorBatch.of(blueAndRed(), Tensors.of(DType.INT32, new long[] {2}, 7, 1)),
            "-C",
            names.toString(),
            "--cell",
            "16");
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .containsExactly(
            "uint8 (2, 2, 2, 3) 0 255", "int32 (2,) 1 7", "[0] class = 7", "[1] class = red one");
    BufferedImage image = ImageIO.read(png.toFile());
    assertThat(image.getWidth()).isEqualTo(4 + 16 + 4 + 16 + 4);
    assertThat(image.getRGB(4, 4) & 0xffffff).isEqualTo(0x0000ff);
    assertThat(image.getRGB(39, 19) & 0xffffff).isEqualTo(0xff0000);
  }

  @Test
  void shouldWritePairsWhenTheModeIsImg2img() throws Exception {
    ToolRun run =
        showOne(
            () ->
                TensorBatch.of(
                    Tensors.of(DType.UINT8, new long[] {1, 1}, 100),
                    Tensors.of(DType.FLOAT32, new long[] {1, 1}, 1)),
            "--mode",
            "img2img",
            "-b",
            "--cell=8",
            "-B1");
    assertThat(run.out()).containsExactly("uint8 (1, 1) 100 100", "float32 (1, 1) 1 1", "[0]");
    BufferedImage image = ImageIO.read(png.toFile());
    assertThat(image.getRGB(4, 4) & 0xffffff).isEqualTo(0x646464);
    assertThat(image.getRGB(16, 4) & 0xffffff).isEqualTo(0xffffff);
  }

  @Test
  void shouldSayOneLineWhenABatchHasNoImages() throws Exception {
    ToolRun run = showOne(() -> TensorBatch.of(Tensors.zeros(DType.FLOAT32, 3)));
    assertOneLine(run, 1, "no images in this batch (expected: ");
    assertThat(run.out()).containsExactly("float32 (3,) 0 0");
  }

  @Test
  void shouldGiveUpWhenTheUrlSaysAfterHowLong() {
    assertOneLine(
        run("--page-port", "0", "zsub://127.0.0.1:1?timeout=100ms"), 1, "no batch within 100 ms");
    assertOneLine(
        run("--png", png.toString(), "zsub://127.0.0.1:1?timeout=100ms"),
        1,
        "no batch within 100 ms");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--nonsense",
        "-B 0",
        "-B 1001",
        "-B many",
        "-B 1000 --cell 1024",
        "--cell 7",
        "-m img3img",
        "-p -1",
        "-p 65536",
        "-t 0.1",
        "-t NaN",
        "-t soon",
        "zmq://127.0.0.1:1",
        "zpub://127.0.0.1:1",
      })
  void shouldSayOneLineWhenStartedWithNonsense(String args) {
    assertOneLine(run(args.split(" ", -1)), 2, "");
  }

  @Test
  void shouldSayOneLineWhenAFileIsMissingOrNotToBeWritten() {
    assertOneLine(run("-C", folder.resolve("none").toString()), 1, "no such file: ");
    Path lost = folder.resolve("none/a.png");
    assertOneLine(
        run("--png", lost.toString()),
        1,
        "--png: " + lost + ": no such folder: " + folder.resolve("none"));
    assertOneLine(
        run("--png", folder.toString()), 1, "--png: " + folder + ": a folder (expected: a file)");
  }

  @Test
  void shouldWriteNothingWhenThereIsNoBatch() throws IOException {
    run("--png", png.toString(), "zsub://127.0.0.1:1?timeout=100ms");
    assertThat(png).doesNotExist();
  }
}
