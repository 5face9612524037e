// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

import io.tensorcom.ReceiveTimeoutException;
import io.tensorcom.TensorcomUrl;
import io.tensorcom.codec.MalformedBatchException;
import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.djl.ServersLostException;
import io.tensorcom.djl.ShapeChangeException;
import io.tensorcom.djl.UnfitBatchException;
import io.tensorcom.examples.log.ToolLog;
import io.tensorcom.stream.BatchLossException;
import io.tensorcom.tensor.PoolExhaustedException;
import io.tensorcom.transport.TransportException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;
import picocli.CommandLine;

/**
 * Runs a command of picocli so that whatever goes wrong is one line on standard error and an exit
 * code: 2 for a wrong command line, 1 for everything else. {@code -Dtensorcom.debug=true} adds the
 * stack trace.
 */
public final class Cli {
  /** The exit code of a tool that could not do its work. */
  public static final int FAILURE = 1;

  /** The exit code of a tool that was called wrongly. */
  public static final int USAGE = 2;

  private static final String DEBUG = "tensorcom.debug";

  private Cli() {}

  /** Parses the arguments, runs the command and returns the exit code. */
  public static int run(Callable<Integer> command, String... args) {
    return run(command, System.err, args);
  }

  /** Does the same, with the line about what went wrong printed elsewhere. */
  public static int run(Callable<Integer> command, PrintStream err, String... args) {
    return run(command, err, System.getenv(), args);
  }

  /** Does the same, with options from another environment. */
  static int run(
      Callable<Integer> command, PrintStream err, Map<String, String> variables, String... args) {
    Environment environment = new Environment(variables);
    CommandLine line = commandLine(command, environment);
    line.setParameterExceptionHandler(
        (e, given) -> {
          LogOptions.applyFrom(environment, given);
          String source = environment.source(e, List.of(given));
          return complain(line, err, e.getMessage() + source + " (see --help)", e, USAGE);
        });
    line.setExecutionExceptionHandler((e, commandLine, parsed) -> complain(line, err, e));
    try {
      return line.execute(args);
    } catch (RuntimeException | Error e) {
      // Errors go past picocli's handlers.
      return complain(line, err, e);
    }
  }

  /** {@return the command with what all tools have: options about logging, and the environment} */
  static CommandLine commandLine(Callable<Integer> command, Environment environment) {
    CommandLine line = new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true);
    LogOptions log = new LogOptions();
    line.addMixin("log", log);
    line.setExecutionStrategy(
        parsed -> {
          log.apply();
          return new CommandLine.RunLast().execute(parsed);
        });
    environment.applyTo(line);
    if (line.getCommandSpec().version().length == 0) {
      line.getCommandSpec().version(version());
    }
    return line;
  }

  /**
   * Refuses an option in URLs that a tool does not honour.
   *
   * @param expected what to say instead
   * @throws IllegalArgumentException if a URL has it
   */
  public static void refuseOption(String option, String expected, List<String> urls) {
    for (TensorcomUrl url : TensorcomUrl.parseAll(urls.toArray(new String[0]))) {
      if (url.option(option) != null) {
        throw new IllegalArgumentException(
            "option " + option + ": url=" + url + " (expected: " + expected + ")");
      }
    }
  }

  private static String version() {
    try (InputStream in = Cli.class.getResourceAsStream("/tensorcom-examples.properties")) {
      Properties properties = new Properties();
      properties.load(Objects.requireNonNull(in, "tensorcom-examples.properties"));
      return "tensorcom " + properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int complain(CommandLine line, PrintStream err, Throwable e) {
    int code = e instanceof IllegalArgumentException ? USAGE : FAILURE;
    return complain(line, err, message(e), e, code);
  }

  private static int complain(
      CommandLine line, PrintStream err, @Nullable String message, Throwable e, int code) {
    String oneLine = String.valueOf(message).strip().replaceAll("\\s*\\R\\s*", " ");
    err.println(
        ToolLog.isJson()
            ? ToolLog.line(Level.ERROR, line.getCommandName(), oneLine, null)
            : line.getCommandName() + ": " + oneLine);
    if (Boolean.getBoolean(DEBUG)) {
      e.printStackTrace(err);
    }
    err.flush();
    return code;
  }

  private static String message(Throwable e) {
    if (e instanceof InterruptedException) {
      return "interrupted";
    }
    if (e instanceof UncheckedIOException && e.getCause() instanceof IOException cause) {
      return message(cause);
    }
    if (e instanceof NoSuchFileException) {
      return "no such file: " + e.getMessage();
    }
    if (e instanceof AccessDeniedException) {
      return "access denied: " + e.getMessage();
    }
    String message = e.getMessage();
    if (message != null && isExpected(e)) {
      boolean explains = e instanceof DiscoveryException || e instanceof ReceiveTimeoutException;
      return explains ? summary(message) : message;
    }
    String text = e.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    return e instanceof IOException
        ? text
        : "unexpected " + text + " (JAVA_OPTS=-D" + DEBUG + "=true shows where)";
  }

  /** Without the questions and answers about a name: the first line says what came of them. */
  private static String summary(String explanation) {
    List<String> lines = explanation.lines().toList();
    return lines.size() < 2 ? explanation : lines.get(0) + "; tensorcom-resolve shows why";
  }

  /** Whether the message was written for whoever uses the tool. */
  private static boolean isExpected(Throwable e) {
    return e instanceof UserException
        || e instanceof IllegalArgumentException
        || e instanceof BatchLossException
        || e instanceof DiscoveryException
        || e instanceof MalformedBatchException
        || e instanceof PoolExhaustedException
        || e instanceof ReceiveTimeoutException
        || e instanceof ServersLostException
        || e instanceof ShapeChangeException
        || e instanceof TransportException
        || e instanceof UnfitBatchException
        || e.getClass() == IOException.class;
  }
}
