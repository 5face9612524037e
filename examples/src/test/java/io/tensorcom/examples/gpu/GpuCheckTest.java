// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import io.tensorcom.examples.cli.ToolRun;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The dry run, with the PyTorch engine on the CPU. */
@Timeout(120)
class GpuCheckTest {
  private static final String NUMBER = "\\d\\.\\d\\de[+-]\\d\\d s";

  @BeforeAll
  static void stayOffline() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  private static ToolRun run(String... args) {
    return ToolRun.of(GpuCheck::new, args);
  }

  @Test
  void shouldReportAndFindNothingWrongWhenRunOnTheCpu() {
    ToolRun run = run("--device", "cpu", "-b", "4", "--size", "32", "--batches", "20");

    assertThat(run.err()).isEmpty();
    assertThat(run.out()).hasSize(6);
    assertThat(run.out().get(0))
        .startsWith("engine PyTorch ")
        .endsWith("device cpu(), batches of 4 x 32 x 32 x 3 uint8 and 4 int32, 0.01 MB");
    assertThat(run.out().get(1)).isEqualTo("landed on [cpu()], content as sent");
    assertThat(run.out().get(2)).isEqualTo("copies 0.00 a batch (expected: 0.00)");
    assertThat(run.out().get(3)).matches("host to host \\d+\\.\\d\\d GB/s");
    assertThat(run.out().get(4))
        .matches(
            "loading alone %s, computing alone %s, both %s a batch: overlap \\d+ %%"
                .formatted(NUMBER, NUMBER, NUMBER));
    assertThat(run.out().get(5)).isEqualTo("verdict: ok");
    assertThat(run.exitCode()).isZero();
  }

  @Test
  void shouldCountNoCopyOfTheNextEpochWhenEachTensorIsCopied() {
    GpuCheck check = new GpuCheck();
    new CommandLine(check).parseArgs("--batches", "20");
    try (CheckSender sender = new CheckSender(2, 8);
        NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      GpuCheck.Arrival arrival =
          check.arrival(check.dataset(sender, Device.cpu()).optCopy(true), sender, manager);

      assertThat(arrival.intact()).isTrue();
      assertThat(arrival.tensors()).isEqualTo(40);
      assertThat(arrival.copies()).isEqualTo(40);
    }
  }

  @Test
  void shouldSayWhatToInstallWhenThereIsNoGpu() {
    assumeThat(Engine.getInstance().getGpuCount()).isZero();
    ToolRun run = run();

    assertThat(run.out()).isEmpty();
    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0))
        .startsWith("gpu-check: no such GPU: PyTorch ")
        .contains("PYTORCH_LIBRARY_PATH", "--device cpu");
    assertThat(run.exitCode()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--device foo | --device: foo (expected: cpu, gpu0, gpu1, ...)",
        "--device gpu4294967296 | --device: gpu4294967296 (expected: cpu, gpu0, gpu1, ...)",
        "--device cpu --batches 0 | --batches: 0 (expected: >= 1)",
        "--device cpu --size -1 | --size: -1 (expected: >= 1)",
        "--device cpu -b 0 | -b: 0 (expected: >= 1)",
      })
  void shouldSayOneLineWhenStartedWithNonsense(String args, String expected) {
    ToolRun run = run(args.split(" ", -1));

    assertThat(run.err()).containsExactly("gpu-check: " + expected);
    assertThat(run.exitCode()).isEqualTo(2);
  }
}
