// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

import io.tensorcom.examples.log.ToolLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of all tools about what they log, filled in by picocli. */
final class LogOptions {
  @Option(
      names = "--log-format",
      paramLabel = "F",
      defaultValue = "text",
      description =
          "text, or json: one object per event; what servers, training and tensormon print is then"
              + " events, too (default ${DEFAULT-VALUE})")
  private ToolLog.Format format = ToolLog.Format.TEXT;

  @Option(
      names = "--log-level",
      paramLabel = "L",
      description = "error, warn, info, debug or trace (default warn)")
  private @Nullable Level level;

  void apply() {
    ToolLog.configure(format, level);
  }

  /** Applies them from a command line that is wrong elsewhere. */
  static void applyFrom(Environment environment, String... args) {
    LogOptions log = new LogOptions();
    CommandLine line =
        new CommandLine(log)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setUnmatchedArgumentsAllowed(true);
    environment.applyTo(line);
    try {
      line.parseArgs(args);
      log.apply();
    } catch (ParameterException e) {
      // They are what is wrong: that is said as text.
    }
  }
}
