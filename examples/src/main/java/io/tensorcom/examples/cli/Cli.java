// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * Runs a command of picocli so that whatever goes wrong is one line on standard error and an exit
 * code: 2 for a wrong command line, 1 for everything else. {@code -Dtensorcom.debug=true} adds the
 * stack trace.
 */
public final class Cli {
  private Cli() {}

  /** Parses the arguments, runs the command and returns the exit code. */
  public static int run(Callable<Integer> command, String... args) {
    CommandLine line = new CommandLine(command);
    line.setParameterExceptionHandler(
        (e, given) -> {
          complain(line, e.getMessage() + " (see --help)", e);
          return 2;
        });
    line.setExecutionExceptionHandler(
        (e, commandLine, parsed) -> {
          complain(line, message(e), e);
          return e instanceof IllegalArgumentException ? 2 : 1;
        });
    return line.execute(args);
  }

  private static String message(Exception e) {
    if (e instanceof InterruptedException) {
      return "interrupted";
    }
    String message = e.getMessage();
    if (message == null) {
      return e.getClass().getSimpleName();
    }
    // Files say their name and no more.
    return e instanceof IOException ? e.getClass().getSimpleName() + ": " + message : message;
  }

  private static void complain(CommandLine line, @Nullable String message, Exception e) {
    String oneLine = String.valueOf(message).replaceAll("\\s*\\R\\s*", " ");
    System.err.println(line.getCommandName() + ": " + oneLine);
    if (Boolean.getBoolean("tensorcom.debug")) {
      e.printStackTrace();
    }
  }
}
