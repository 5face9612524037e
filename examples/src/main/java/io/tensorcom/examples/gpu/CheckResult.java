// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.gpu;

import ai.djl.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What was found, and what it means. Immutable.
 *
 * @param wanted where arrays should be
 * @param landed where they were
 * @param intact whether they held what was sent
 * @param tensors that came, in all batches
 * @param copies that the adapter made of them
 * @param times of a batch
 */
record CheckResult(
    Device wanted, Set<Device> landed, boolean intact, long tensors, long copies, Times times) {
  /** Less of it, and the prefetch does not do what it is for. */
  static final double LEAST_OVERLAP = 0.25;

  /**
   * Seconds of a batch.
   *
   * @param copy of a batch's bytes to the device, or on the CPU to other memory
   * @param loading without computing
   * @param computing without loading
   * @param both at the same time
   */
  record Times(double copy, double loading, double computing, double both) {
    /** {@return which part of the shorter one is hidden behind the longer one, 0 to 1} */
    double overlap() {
      double hidden = loading + computing - both;
      return Math.max(0, Math.min(1, hidden / Math.min(loading, computing)));
    }
  }

  /** {@return how many copies there should be: on the CPU arrays lie where they were received} */
  long expectedCopies() {
    return wanted.isGpu() ? tensors : 0;
  }

  /** {@return what is wrong; empty if nothing is} */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (!landed.equals(Set.of(wanted))) {
      problems.add("arrays landed on " + landed + " (expected: " + wanted + ")");
    }
    if (!intact) {
      problems.add("arrays do not hold what was sent");
    }
    if (copies != expectedCopies()) {
      problems.add(copies + " copies (expected: " + expectedCopies() + ")");
    }
    // On the CPU both want the same cores.
    if (wanted.isGpu() && times.overlap() < LEAST_OVERLAP) {
      problems.add(
          String.format(
              Locale.ROOT,
              "overlap %.0f %% (expected: >= %.0f %%)",
              100 * times.overlap(),
              100 * LEAST_OVERLAP));
    }
    return problems;
  }

  /** {@return the lines to print, the verdict last} */
  List<String> report(long batches, long batchBytes) {
    return List.of(
        "landed on " + landed + ", " + (intact ? "content as sent" : "content NOT as sent"),
        String.format(
            Locale.ROOT,
            "copies %.2f a batch (expected: %.2f)",
            (double) copies / batches,
            (double) expectedCopies() / batches),
        String.format(
            Locale.ROOT,
            "%s %.2f GB/s",
            wanted.isGpu() ? "host to device" : "host to host",
            batchBytes / times.copy / 1e9),
        String.format(
            Locale.ROOT,
            "loading alone %.2e s, computing alone %.2e s, both %.2e s a batch: overlap %.0f %%",
            times.loading,
            times.computing,
            times.both,
            100 * times.overlap()),
        "verdict: " + (problems().isEmpty() ? "ok" : String.join("; ", problems())));
  }
}
