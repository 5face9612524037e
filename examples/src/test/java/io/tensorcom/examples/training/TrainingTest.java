// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.ServeOptions;
import io.tensorcom.TensorSender;
import io.tensorcom.examples.cli.ToolRun;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command, with the PyTorch engine on the CPU. */
@Timeout(120)
class TrainingTest {
  private static final String STEP =
      " *\\d+ bs +\\d+ per sample loss \\d\\.\\d\\de[+-]\\d\\d loading \\d\\.\\d\\de[+-]\\d\\d training"
          + " \\d\\.\\d\\de[+-]\\d\\d";

  @BeforeAll
  static void stayOffline() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  private static ToolRun run(String... args) {
    return ToolRun.of(Training::new, args);
  }

  /** Dark images of class 0 and bright ones of class 1. */
  private static TensorBatch batch(TensorPool pool, int size) {
    Tensor images = Tensor.allocate(pool, DType.UINT8, 8, size, size, 3);
    Tensor classes = Tensor.allocate(pool, DType.INT32, 8);
    for (int i = 0; i < images.byteSize(); i++) {
      int image = i / (size * size * 3);
      images.data().put(i, (byte) (image % 2 == 0 ? 20 : 230));
    }
    for (int i = 0; i < 8; i++) {
      classes.data().putInt(4 * i, i % 2);
    }
    return TensorBatch.of(images, classes);
  }

  private static CompletableFuture<Void> serve(TensorSender sender, int epochs, int size) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            var unused =
                sender.serveEpochs(
                    epochs,
                    epoch ->
                        IntStream.range(0, 10).mapToObj(i -> batch(sender.pool(), size)).iterator(),
                    ServeOptions.forEver());
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static String url(TensorSender sender) {
    return sender.boundEndpoints().get(0).replace("tcp", "zrpull");
  }

  @Test
  void shouldLearnAndEndWithTheStreamWhenServersEndIt(@TempDir Path folder) throws IOException {
    Path plot = folder.resolve("loss.png");
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0");
        TensorSender test = TensorSender.open("zrpush://127.0.0.1:0")) {
      CompletableFuture<Void> serving = serve(sender, 3, 28);
      CompletableFuture<Void> testing = serve(test, 1, 28);
      ToolRun run =
          run(
              "--model",
              "cnn",
              "--tensorcom",
              url(sender),
              "--test",
              url(test),
              "--plot",
              "" + plot,
              "--save",
              "" + folder);
      serving.join();
      testing.join();

      assertThat(run.err()).isEmpty();
      assertThat(run.exitCode()).isZero();
      List<String> out = run.out();
      assertThat(out.get(0)).isEqualTo("creating cnn");
      assertThat(out.get(1)).matches("first batch after \\d+\\.\\d\\d s");
      // The first step, the 12th, the 24th and the last.
      assertThat(out.subList(2, 6)).allMatch(line -> line.matches(STEP));
      assertThat(out.get(5)).startsWith("     240 bs     8 per sample loss ");
      assertThat(out.get(6)).startsWith("trained: 30 steps, 240 samples, loading ");
      assertThat(out.get(7)).matches("elsewhere or lost 0 of 30 from 127.0.0.1:\\d+");
      assertThat(out.get(8)).isEqualTo("accuracy 1.0000 on 80 test images");
      assertThat(out.get(9)).matches("elsewhere or lost 0 of 10 from 127.0.0.1:\\d+");
      assertThat(ImageIO.read(plot.toFile()).getWidth()).isEqualTo(800);
      assertThat(folder.resolve("cnn-0000.params")).isNotEmptyFile();
    }
  }

  @Test
  void shouldEndAfterSoManyStepsWhenToldSo() {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s")) {
      CompletableFuture<Void> serving = serve(sender, 1, 16);
      ToolRun run = run("--model", "cnn", "--steps", "5", "--tensorcom", url(sender));
      sender.close(Duration.ofMillis(100));
      serving.handle((done, failure) -> "" + failure).join();

      assertThat(run.exitCode()).isZero();
      assertThat(run.out())
          .anyMatch(line -> line.startsWith("trained: 5 steps, 40 samples"))
          .last()
          .asString()
          .matches("elsewhere or lost \\d+ of \\d+ from 127.0.0.1:\\d+; unknown tail");
    }
  }

  /** Sends an epoch of ten batches, and three of the next. */
  private static void serveAndDie(TensorSender sender) {
    try {
      var unused =
          sender.serveEpochs(
              3,
              epoch ->
                  IntStream.range(0, 10)
                      .mapToObj(
                          i -> {
                            if (epoch == 1 && i == 3) {
                              throw new IllegalStateException("dies");
                            }
                            return batch(sender.pool(), 16);
                          })
                      .iterator(),
              ServeOptions.forEver());
    } catch (IllegalStateException e) {
      sender.close();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void shouldSayOneLineWhenTheServerDiesInTheMiddleOfAnEpoch() {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0")) {
      CompletableFuture<Void> serving = CompletableFuture.runAsync(() -> serveAndDie(sender));
      String address = sender.boundEndpoints().get(0);
      ToolRun run = run("--model", "cnn", "--timeout", "6", "--tensorcom", url(sender));
      serving.join();

      assertThat(run.err()).hasSize(1);
      assertThat(run.err().get(0))
          .startsWith("training: no batch for 6 s in epoch 1: batches=3, gone=[")
          .contains(address);
      assertThat(run.exitCode()).isEqualTo(1);
    }
  }

  @Test
  void shouldSayWhoIsMissingAndGoOnWhenAnotherServerEndsTheEpoch() {
    try (TensorSender one = TensorSender.open("zrpush://127.0.0.1:0");
        TensorSender dying = TensorSender.open("zrpush://127.0.0.1:0")) {
      CompletableFuture<Void> serving = serve(one, 3, 16);
      CompletableFuture<Void> failing = CompletableFuture.runAsync(() -> serveAndDie(dying));
      ToolRun run = run("--model", "cnn", "--tensorcom", url(one), "--tensorcom", url(dying));
      serving.join();
      failing.join();

      assertThat(run.err()).isEmpty();
      assertThat(run.exitCode()).isZero();
      assertThat(run.out())
          .contains("epoch 1 went on without [" + dying.boundEndpoints().get(0) + "]");
      assertThat(run.out()).anyMatch(line -> line.startsWith("trained: 43 steps"));
    }
  }

  @Test
  void shouldSayOneLineWhenThereAreNoClasses() throws InterruptedException {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s")) {
      CompletableFuture<ToolRun> running =
          CompletableFuture.supplyAsync(
              () -> run("--model", "cnn", "--timeout", "30", "--tensorcom", url(sender)));
      try (TensorBatch batch =
          TensorBatch.of(Tensor.allocate(sender.pool(), DType.UINT8, 2, 8, 8, 3))) {
        sender.send(batch, Duration.ofSeconds(30));
      }
      ToolRun run = running.join();

      assertThat(run.err()).hasSize(1);
      assertThat(run.err().get(0))
          .startsWith("training: batch from " + sender.boundEndpoints().get(0))
          .contains("1 tensors: uint8[n, 8, 8, 3] (expected: tensors at ");
      assertThat(run.exitCode()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--tensorcom zrpull://127.0.0.1:1 --steps 0",
        "--tensorcom nonsense",
        "--tensorcom zrpull://127.0.0.1:1?timeout=5s",
        "--tensorcom zrpull://127.0.0.1:1 --test zrpull://127.0.0.1:1?timeout=5s",
        "--tensorcom zrpull://127.0.0.1:1 --model vgg",
        "--model cnn",
      })
  void shouldSayOneLineWhenStartedWithNonsense(String args) {
    ToolRun run = run(args.split(" ", -1));

    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0)).startsWith("training: ");
    assertThat(run.exitCode()).isEqualTo(2);
  }

  @Test
  void shouldSayOneLineWhenNoBatchComes() {
    ToolRun run = run("--tensorcom", "zrpull://127.0.0.1:1", "--timeout", "1");

    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0)).startsWith("training: ").contains("127.0.0.1:1");
    assertThat(run.exitCode()).isEqualTo(1);
  }

  @Test
  void shouldSayOneLineBeforeTrainingWhenThePlotCannotBeWritten(@TempDir Path folder) {
    Path plot = folder.resolve("none/loss.png");
    // It would wait for a batch otherwise.
    ToolRun run = run("--tensorcom", "zrpull://127.0.0.1:1", "--plot", plot.toString());

    assertThat(run.err())
        .containsExactly(
            "training: --plot: " + plot + ": no such folder: " + folder.resolve("none"));
    assertThat(run.out()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(1);
  }
}
