// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

/** Something the user of a tool can mend; its message is the one line that is shown. */
public final class UserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes an exception with the line that says what to do. */
  public UserException(String message) {
    super(message);
  }

  /** Makes an exception with the line that says what to do, and what led to it. */
  public UserException(String message, Throwable cause) {
    super(message, cause);
  }
}
