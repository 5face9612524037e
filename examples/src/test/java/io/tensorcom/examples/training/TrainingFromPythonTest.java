// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.tensorcom.examples.cli.ToolRun;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The command, fed by the Python package, which ends no epochs. */
@Timeout(300)
final class TrainingFromPythonTest {
  @BeforeAll
  static void stayOffline() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  private static Path interpreter() {
    String configured = System.getenv("TENSORCOM_PYTHON");
    return configured != null ? Path.of(configured) : Path.of("..", ".python/bin/python");
  }

  private static Process serve(String url, int batches) throws Exception {
    boolean installed = Files.isExecutable(interpreter());
    if (System.getenv("TENSORCOM_REQUIRE_PYTHON") == null) {
      assumeThat(installed).as("there is a Python environment: .ci/python-env").isTrue();
    }
    Path script = Path.of("src/test/python/image_peer.py");
    return new ProcessBuilder("" + interpreter(), "" + script, url, "" + batches)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  @Test
  void shouldLearnOverEpochsThatAreCountedWhenPythonServes() throws Exception {
    Process server = serve("zrpush://127.0.0.1:0", 40);
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
      String ready = lines.readLine();
      assertThat(ready).matches("ready \\d+");
      ToolRun run =
          ToolRun.of(
              Training::new,
              "--model=cnn",
              "--seed=1",
              "--epochs=3",
              "--batches=10",
              "--tensorcom=zrpull://127.0.0.1:" + ready.substring("ready ".length()));

      assertThat(run.err()).isEmpty();
      assertThat(run.exitCode()).isZero();
      assertThat(run.out()).last().asString().startsWith("trained: 30 steps, 240 samples");
      List<Float> losses =
          run.out().stream()
              .filter(line -> line.contains(" loss "))
              .map(line -> Float.parseFloat(line.replaceAll(".* loss (\\S+) .*", "$1")))
              .toList();
      assertThat(losses.get(losses.size() - 1)).isLessThan(losses.get(0) / 2);
    } finally {
      server.destroyForcibly();
      assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }
}
