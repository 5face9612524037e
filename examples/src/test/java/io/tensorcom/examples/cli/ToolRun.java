// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;

/** A tool that ran to its end within a test: what it printed, and its exit code. */
public record ToolRun(int exitCode, List<String> out, List<String> err) {
  /** Runs a command that prints to the stream it is made with. */
  public static ToolRun of(Function<PrintStream, Callable<Integer>> command, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Cli.run(
            command.apply(new PrintStream(out, true, StandardCharsets.UTF_8)),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            args);
    return new ToolRun(code, lines(out), lines(err));
  }

  private static List<String> lines(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
