// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.explain;

/** What became of a question. An answer that says "nothing" is never taken for a failure. */
public enum Outcome {
  /** There are records. */
  FOUND,
  /** The name exists, without records of this type. */
  NODATA,
  /** The name does not exist. */
  NXDOMAIN,
  /** The server could not answer. */
  SERVFAIL,
  /** The server would not answer, or did not understand the question. */
  REFUSED,
  /** No answer came in time. */
  TIMEOUT,
  /** Nobody listens at the server's address, or the network does not reach it. */
  UNREACHABLE,
  /** The answer was cut short and could not be had by TCP. */
  TRUNCATED,
  /** Aliases lead in a circle, or there are more than sixteen. */
  LOOP,
  /** The answer could not be read. */
  MALFORMED;

  /** {@return whether the server has told a fact, be it that there is nothing} */
  public boolean isDefinite() {
    return this == FOUND || isEmpty();
  }

  /** {@return whether the fact is that there is nothing} */
  public boolean isEmpty() {
    return this == NODATA || this == NXDOMAIN;
  }
}
