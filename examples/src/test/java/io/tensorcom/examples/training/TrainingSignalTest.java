// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.TensorSender;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** training in a process of its own that is told to end while it waits for a batch. */
@Timeout(120)
final class TrainingSignalTest {
  private static void send(TensorSender sender) throws InterruptedException {
    Tensor images = Tensor.allocate(sender.pool(), DType.UINT8, 8, 28, 28, 3);
    Tensor classes = Tensor.copyOf(sender.pool(), DType.INT32, new int[8], 8);
    try (TensorBatch batch = TensorBatch.of(images, classes)) {
      sender.send(batch, Duration.ofSeconds(60));
    }
  }

  @Test
  void shouldSayWhatCameWhenItIsTerminatedWhileNothingComes() throws Exception {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s")) {
      Process training =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-Dai.djl.offline=true",
                  "-DOPT_OUT_TRACKING=true",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Training.class.getName(),
                  "--model",
                  "cnn",
                  "--tensorcom",
                  sender.boundEndpoints().get(0).replace("tcp", "zrpull"))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
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
