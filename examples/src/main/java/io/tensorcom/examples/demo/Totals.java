// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import java.util.List;
import java.util.Locale;

/** How much went over the wire. */
record Totals(long batches, long samples, long bytes) {
  static final Totals NONE = new Totals(0, 0, 0);

  static Totals of(List<BatchLog.Entry> entries) {
    Totals sum = NONE;
    for (BatchLog.Entry entry : entries) {
      sum = new Totals(sum.batches + 1, sum.samples + entry.samples(), sum.bytes + entry.bytes());
    }
    return sum;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "%d batches, %d images, %.1f MB", batches, samples, bytes / 1e6);
  }
}
