// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.util.Objects;

/** A name could not be resolved. Its message says what was tried. */
public final class DiscoveryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** The name does not exist, or has no endpoints. */
    NOT_FOUND,
    /** Whoever was asked refused or failed to answer the question. */
    REFUSED,
    /** No answer came in time. */
    TIMEOUT,
    /** Nobody could be asked, or the answer could not be read. */
    FAILED
  }

  private final String name;
  private final Reason reason;

  /** Makes an exception of which the message says all. */
  public DiscoveryException(ServiceName name, Reason reason, String message) {
    super(Objects.requireNonNull(message, "message"));
    this.name = name.toString();
    this.reason = Objects.requireNonNull(reason, "reason");
  }

  /** {@return the name} */
  public String name() {
    return name;
  }

  /** {@return why it could not be resolved} */
  public Reason reason() {
    return reason;
  }
}
