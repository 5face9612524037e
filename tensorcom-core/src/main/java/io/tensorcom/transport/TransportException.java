// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

/**
 * The environment does not let a transport do what it was asked for: an address in use, a medium it
 * does not support.
 */
public class TransportException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String endpoint;

  /** Makes an exception about this endpoint. */
  public TransportException(String message, String endpoint) {
    super(message);
    this.endpoint = endpoint;
  }

  /** Makes an exception about this endpoint with a cause. */
  public TransportException(String message, String endpoint, Throwable cause) {
    super(message, cause);
    this.endpoint = endpoint;
  }

  /** {@return the endpoint in question, for example {@code tcp://127.0.0.1:7880}} */
  public String endpoint() {
    return endpoint;
  }
}
