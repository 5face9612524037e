// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.peers;

/**
 * Says on stdout when a receiver has as many batches as warm up, {@code MARK_AT} in the environment,
 * and when it has all, so that who started the process can take the time. Thread-safe.
 */
final class Marks {
  private static final int AT =
      Integer.parseInt(System.getenv().getOrDefault("MARK_AT", "-1"));

  private Marks() {}

  /** Tells how many of all batches have come. */
  static void received(int batches, int all) {
    if (AT > 0 && (batches == AT || batches == all)) {
      System.out.println("mark");
      System.out.flush();
    }
  }
}
