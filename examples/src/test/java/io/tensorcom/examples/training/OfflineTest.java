// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.TensorSender;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tools with DJL fetch nothing and tell nobody, started as launchers and the demo start them. */
@Timeout(240)
final class OfflineTest {
  /** Whoever runs the tests may have set them. */
  private static final Set<String> ENVIRONMENT = Set.of("DJL_OFFLINE", "OPT_OUT_TRACKING");

  private static Process start(String command) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                UrlRecorder.class.getName()));
    words.addAll(Arrays.asList(command.split(" ", -1)));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().keySet().removeAll(ENVIRONMENT);
    return builder.start();
  }

  private static List<String> linesOf(Process tool) throws IOException, InterruptedException {
    try (BufferedReader out = tool.inputReader(StandardCharsets.UTF_8)) {
      List<String> lines = out.lines().toList();
      assertThat(tool.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(tool.exitValue()).as("%s", lines).isZero();
      return lines;
    } finally {
      tool.destroyForcibly();
    }
  }

  private static void assertOffline(List<String> lines) {
    assertThat(lines)
        .noneMatch(line -> line.startsWith(UrlRecorder.OPENED))
        .contains("ai.djl.offline=true", "OPT_OUT_TRACKING=true");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "io.tensorcom.examples.training.Training --model cnn",
        "io.tensorcom.examples.training.Training --model resnet50",
        "io.tensorcom.examples.demo.DemoTool train --model cnn"
      })
  void shouldFetchNothingAndTellNobodyWhenItTrains(String command) throws Exception {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s")) {
      String url = sender.boundEndpoints().get(0).replace("tcp", "zrpull");
      Process training = start(command + " --steps 1 --tensorcom " + url);
      Tensor images = Tensor.allocate(sender.pool(), DType.UINT8, 2, 32, 32, 3);
      Tensor classes = Tensor.copyOf(sender.pool(), DType.INT32, new int[] {0, 1}, 2);
      try (TensorBatch batch = TensorBatch.of(images, classes)) {
        sender.send(batch, Duration.ofSeconds(60));
      }
      List<String> lines = linesOf(training);

      assertThat(lines).anyMatch(line -> line.startsWith("trained: 1 steps, 2 samples"));
      assertOffline(lines);
    }
  }

  @Test
  void shouldFetchNothingAndTellNobodyWhenAGpuIsLookedFor() throws Exception {
    assertOffline(
        linesOf(
            start("io.tensorcom.examples.gpu.GpuCheck --device cpu -b 2 --size 8 --batches 2")));
  }
}
