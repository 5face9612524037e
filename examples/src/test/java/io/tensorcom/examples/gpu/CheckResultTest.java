// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.tensorcom.examples.gpu.CheckResult.Times;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Verdicts on numbers as a GPU might give them. */
class CheckResultTest {
  private static final Times HIDDEN = new Times(0.002, 0.004, 0.003, 0.0045);
  private static final Times IN_TURN = new Times(0.002, 0.004, 0.003, 0.0068);

  private static String verdict(CheckResult result) {
    return result.report(10, 14_000_000).get(4);
  }

  private static CheckResult onGpu(Set<Device> landed, boolean intact, long copies, Times times) {
    return new CheckResult(Device.gpu(0), landed, intact, 20, copies, times);
  }

  @Test
  void shouldBeContentWhenEachTensorIsCopiedOnceToTheGpu() {
    CheckResult result = onGpu(Set.of(Device.gpu(0)), true, 20, HIDDEN);

    assertThat(result.report(10, 14_000_000))
        .containsExactly(
            "landed on [gpu(0)], content as sent",
            "copies 2.00 a batch (expected: 2.00)",
            "host to device 7.00 GB/s",
            "loading alone 4.00e-03 s, computing alone 3.00e-03 s, both 4.50e-03 s a batch:"
                + " overlap 83 %",
            "verdict: ok");
  }

  @Test
  void shouldNameTheDeviceWhenArraysLandElsewhere() {
    assertThat(verdict(onGpu(Set.of(Device.cpu()), true, 20, HIDDEN)))
        .isEqualTo("verdict: arrays landed on [cpu()] (expected: gpu(0))");
    assertThat(verdict(onGpu(Set.of(), true, 20, HIDDEN))).contains("landed on []");
  }

  @Test
  void shouldNameEverythingThatIsWrongWhenMuchIs() {
    assertThat(verdict(onGpu(Set.of(Device.gpu(0)), false, 40, IN_TURN)))
        .isEqualTo(
            "verdict: arrays do not hold what was sent; 40 copies (expected: 20);"
                + " overlap 7 % (expected: >= 25 %)");
  }

  @Test
  void shouldWantNoCopiesAndNoOverlapWhenOnTheCpu() {
    CheckResult none = new CheckResult(Device.cpu(), Set.of(Device.cpu()), true, 20, 0, IN_TURN);
    CheckResult some = new CheckResult(Device.cpu(), Set.of(Device.cpu()), true, 20, 20, IN_TURN);

    assertThat(verdict(none)).isEqualTo("verdict: ok");
    assertThat(verdict(some)).isEqualTo("verdict: 20 copies (expected: 0)");
  }
}
