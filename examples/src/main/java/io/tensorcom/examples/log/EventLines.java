// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import org.slf4j.event.Level;

/** Makes an event of each line that is printed. Thread-safe as a {@link PrintStream} is. */
final class EventLines extends OutputStream {
  private final PrintStream target;
  private final String logger;
  private final ByteArrayOutputStream begun = new ByteArrayOutputStream();

  private EventLines(PrintStream target, String logger) {
    this.target = target;
    this.logger = logger;
  }

  static PrintStream onto(PrintStream target, String logger) {
    return new PrintStream(new EventLines(target, logger), true, UTF_8);
  }

  @Override
  public void write(int oneByte) throws IOException {
    if (oneByte != '\n') {
      begun.write(oneByte);
      return;
    }
    String line = begun.toString(UTF_8).stripTrailing();
    begun.reset();
    if (!line.isEmpty()) {
      target.println(ToolLog.line(Level.INFO, logger, line, null));
    }
    if (target.checkError()) {
      throw new IOException("nobody reads any more");
    }
  }
}
