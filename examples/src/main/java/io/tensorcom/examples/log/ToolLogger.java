// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.log;

import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** Prints events on standard error as {@link ToolLog} says. */
final class ToolLogger extends LegacyAbstractLogger {
  private static final long serialVersionUID = 1L;

  ToolLogger(String name) {
    this.name = name;
  }

  @Override
  protected void handleNormalizedLoggingCall(
      Level level,
      @Nullable Marker marker,
      String messagePattern,
      Object @Nullable [] arguments,
      @Nullable Throwable throwable) {
    String message = MessageFormatter.basicArrayFormat(messagePattern, arguments);
    System.err.println(ToolLog.line(level, name, message, throwable));
  }

  @Override
  protected @Nullable String getFullyQualifiedCallerName() {
    return null;
  }

  @Override
  public boolean isTraceEnabled() {
    return ToolLog.isEnabled(Level.TRACE);
  }

  @Override
  public boolean isDebugEnabled() {
    return ToolLog.isEnabled(Level.DEBUG);
  }

  @Override
  public boolean isInfoEnabled() {
    return ToolLog.isEnabled(Level.INFO);
  }

  @Override
  public boolean isWarnEnabled() {
    return ToolLog.isEnabled(Level.WARN);
  }

  @Override
  public boolean isErrorEnabled() {
    return ToolLog.isEnabled(Level.ERROR);
  }
}
