// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

import java.nio.file.Path;

/** Where the examples and their sample data lie; the launchers say so. */
public final class ExamplesHome {
  private static final String PROPERTY = "tensorcom.examples.home";
  private static final String TRAINING_SHARDS =
      "data/fashion-mnist/fashion-mnist-train-{000000..000005}.tgz";
  private static final String TEST_SHARDS =
      "data/fashion-mnist/fashion-mnist-test-{000000..000001}.tgz";

  private ExamplesHome() {}

  /**
   * {@return the Fashion-MNIST training shards, a pattern with braces}
   *
   * @throws UserException if the tool was not started by a launcher
   */
  public static String trainingShards() {
    return pattern(TRAINING_SHARDS);
  }

  /**
   * {@return the Fashion-MNIST test shards, a pattern with braces}
   *
   * @throws UserException if the tool was not started by a launcher
   */
  public static String testShards() {
    return pattern(TEST_SHARDS);
  }

  /**
   * {@return the folder of the examples}
   *
   * @throws UserException if the tool was not started by a launcher
   */
  public static Path folder() {
    return Path.of(home());
  }

  private static String pattern(String relative) {
    // Braces and backslashes of the path itself are not a pattern.
    return home().replaceAll("[{}\\\\]", "\\\\$0") + "/" + relative;
  }

  private static String home() {
    String home = System.getProperty(PROPERTY);
    if (home == null) {
      throw new UserException(
          "no sample data: give -u SHARDS, start by examples/bin, or set -D" + PROPERTY);
    }
    return home;
  }
}
