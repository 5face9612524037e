// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where a tool is to write at its end. */
public final class OutputFile {
  private OutputFile() {}

  /**
   * Finds out whether a file can be written before there is anything to lose.
   *
   * @param option what named it, for people
   * @throws UserException if it cannot
   */
  public static void check(String option, Path file) {
    String why = reason(file);
    if (why != null) {
      throw new UserException(option + ": " + file + ": " + why);
    }
  }

  private static @Nullable String reason(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || Files.isDirectory(file)) {
      return "a folder (expected: a file)";
    }
    if (!Files.isDirectory(folder)) {
      return "no such folder: " + folder;
    }
    return Files.isWritable(Files.exists(file) ? file : folder) ? null : "may not be written";
  }
}
