// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.log;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * How the tools of this process log: from which level on, and as text or JSON; each event is one
 * line on standard error. Thread-safe.
 */
public final class ToolLog {
  /** What a line looks like. */
  public enum Format {
    /** For people: {@code [warn] TensorReceiver - malformed batch skipped}. */
    TEXT,
    /** An object with {@code time}, {@code level}, {@code logger} and {@code message}. */
    JSON
  }

  private static final String LEVEL = "tensorcom.log.level";

  private static volatile Format format = Format.TEXT;
  private static volatile Level level =
      Level.valueOf(System.getProperty(LEVEL, "warn").toUpperCase(Locale.ROOT));

  private ToolLog() {}

  /** Sets what lines look like from now on, and from which level on there are any if given. */
  public static void configure(Format newFormat, @Nullable Level newLevel) {
    format = newFormat;
    if (newLevel != null) {
      level = newLevel;
    }
  }

  static boolean isEnabled(Level asked) {
    return asked.toInt() >= level.toInt();
  }

  /** {@return the line for an event, without its end} */
  public static String line(
      Level of, String logger, @Nullable String message, @Nullable Throwable thrown) {
    return format == Format.JSON
        ? json(of, logger, message, thrown)
        : text(of, logger, message, thrown);
  }

  private static String text(
      Level of, String logger, @Nullable String message, @Nullable Throwable thrown) {
    String shortName = logger.substring(logger.lastIndexOf('.') + 1);
    String cause = thrown == null ? "" : " (" + thrown + ")";
    String all = name(of) + shortName + " - " + message + cause;
    return all.replaceAll("\\s*\\R\\s*", " ");
  }

  private static String name(Level of) {
    return "[" + of.name().toLowerCase(Locale.ROOT) + "] ";
  }

  private static String json(
      Level of, String logger, @Nullable String message, @Nullable Throwable thrown) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("time", Instant.now().toString());
    object.put("level", of.name().toLowerCase(Locale.ROOT));
    object.put("logger", logger);
    object.put("message", message);
    if (thrown != null) {
      StringWriter stack = new StringWriter();
      thrown.printStackTrace(new PrintWriter(stack));
      object.put("stack", stack.toString());
    }
    return object.toString();
  }

  /**
   * {@return the stream itself, or one that makes an event of each line if events are JSON}
   *
   * @param logger the name of the tool
   */
  public static PrintStream lines(PrintStream stream, String logger) {
    return format == Format.JSON ? EventLines.onto(stream, logger) : stream;
  }

  /** {@return whether events are JSON objects} */
  public static boolean isJson() {
    return format == Format.JSON;
  }
}
