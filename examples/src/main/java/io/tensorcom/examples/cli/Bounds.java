// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

/** Checks the numbers of a command line, of which picocli knows the type alone. */
public final class Bounds {
  private Bounds() {}

  /**
   * Refuses what is too small.
   *
   * @param option its name, for the message
   * @throws IllegalArgumentException if it is less
   */
  public static void atLeast(long lowest, long value, String option) {
    if (value < lowest) {
      throw new IllegalArgumentException(option + ": " + value + " (expected: >= " + lowest + ")");
    }
  }

  /**
   * Refuses what is too small or too large.
   *
   * @param option its name, for the message
   * @throws IllegalArgumentException if it is less or more
   */
  public static void within(long lowest, long highest, long value, String option) {
    if (value < lowest || value > highest) {
      throw new IllegalArgumentException(
          option + ": " + value + " (expected: " + lowest + ".." + highest + ")");
    }
  }
}
