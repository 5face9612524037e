// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.TensorSender;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** training in a process of its own that is told to end. */
@Timeout(120)
final class TrainingSignalTest {
  private static void send(TensorSender sender) throws InterruptedException {
    Tensor images = Tensor.allocate(sender.pool(), DType.UINT8, 8, 28, 28, 3);
    Tensor classes = Tensor.copyOf(sender.pool(), DType.INT32, new int[8], 8);
    try (TensorBatch batch = TensorBatch.of(images, classes)) {
      sender.send(batch, Duration.ofSeconds(60));
    }
  }

  /** training whose first step goes on until the process has been told to end, and 7 s longer. */
  public static final class SlowTraining {
    private static final Duration LONGER = Duration.ofSeconds(7);

    private SlowTraining() {}

    /** Runs the command. */
    public static void main(String[] args) {
      CountDownLatch told = new CountDownLatch(1);
      Runtime.getRuntime().addShutdownHook(new Thread(told::countDown));
      PrintStream out =
          new PrintStream(System.out, true, StandardCharsets.UTF_8) {
            @Override
            public void println(@Nullable String line) {
              super.println(line);
              if (line != null && line.contains(" bs ")) {
                compute(told);
              }
            }
          };
      System.exit(Cli.run(new Training(out), args));
    }

    /** What a step computes is not interrupted either. */
    private static void compute(CountDownLatch told) {
      long end = 0;
      while (end == 0 || System.nanoTime() < end) {
        if (end == 0 && told.getCount() == 0) {
          end = System.nanoTime() + LONGER.toNanos();
        }
        var unused = Thread.interrupted();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
    }
  }

  private static Process start(Class<?> main, TensorSender sender) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-Dai.djl.offline=true",
            "-DOPT_OUT_TRACKING=true",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName(),
            "--model",
            "cnn",
            "--tensorcom",
            sender.boundEndpoints().get(0).replace("tcp", "zrpull"))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  @ParameterizedTest
  @ValueSource(classes = {Training.class, SlowTraining.class})
  void shouldSayWhatCameWhenItIsTerminatedWhileNothingComesOrAStepRuns(Class<?> main)
      throws Exception {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s")) {
      Process training = start(main, sender);
      try (BufferedReader out = training.inputReader(StandardCharsets.UTF_8)) {
        send(sender);
        String line = out.readLine();
        while (line != null && !line.contains(" bs ")) {
          line = out.readLine();
        }
        assertThat(line).as("the first step").isNotNull();
        // Process.destroy would close what it says.
        training.toHandle().destroy();
        List<String> rest = out.lines().toList();

        assertThat(training.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(training.exitValue()).as("the code of SIGTERM").isEqualTo(143);
        assertThat(rest).anyMatch(each -> each.startsWith("trained: 1 steps, 8 samples"));
        assertThat(rest.get(rest.size() - 1)).contains(" lost 0 of 1 from 127.0.0.1:");
      } finally {
        training.destroyForcibly();
      }
    }
  }
}
