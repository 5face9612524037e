// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.djl;

import java.util.List;
import java.util.Locale;

/**
 * What it costs to make arrays of a received batch and to close them.
 *
 * @param seconds of each batch
 * @param allocatedBytes on the heap, a batch
 * @param shared batches whose images lie in the received memory
 * @param copies that the adapter made
 */
record HandOverTimes(List<Double> seconds, long allocatedBytes, int shared, long copies) {
  void print(HandOverTimes copied) {
    line("handing a batch to PyTorch and back");
    copied.line("the same with optCopy(true)");
    System.out.printf(
        Locale.ROOT,
        "%-58s %9d of %d, copies %d: %s%n",
        "batches that lie in the received memory (written through)",
        shared,
        seconds.size(),
        copies,
        LoadingTimes.verdict(shared == seconds.size() && copies == 0));
  }

  private void line(String what) {
    System.out.printf(
        Locale.ROOT,
        "%-58s %9.1f us, p99 %.1f us, allocated %d B%n",
        what,
        1e6 * LoadingTimes.percentile(seconds, 0.5),
        1e6 * LoadingTimes.percentile(seconds, 0.99),
        allocatedBytes);
  }
}
