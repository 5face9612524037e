// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

/**
 * What a peer or a file holds is not a batch. Says what is wrong, where, what was expected and what
 * was found; the data is not used.
 */
public final class MalformedBatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final String where;
  private final String expected;
  private final String actual;

  /**
   * Makes an exception.
   *
   * @param what the thing that is wrong, for example {@code dtype}
   * @param where its place, for example {@code tensor 1, header byte 0}
   */
  public MalformedBatchException(String what, String where, String expected, String actual) {
    super(what + ": " + actual + " (expected: " + expected + "; at: " + where + ")");
    this.what = what;
    this.where = where;
    this.expected = expected;
    this.actual = actual;
  }

  private MalformedBatchException(MalformedBatchException cause, String where) {
    super(
        cause.what + ": " + cause.actual + " (expected: " + cause.expected + "; at: " + where + ")",
        cause);
    this.what = cause.what;
    this.where = where;
    this.expected = cause.expected;
    this.actual = cause.actual;
  }

  /** {@return the same finding, its place within the named file or peer} */
  public MalformedBatchException within(String container) {
    return new MalformedBatchException(this, container + ", " + where);
  }

  /** {@return the thing that is wrong} */
  public String what() {
    return what;
  }

  /** {@return its place} */
  public String where() {
    return where;
  }

  /** {@return what would have been right} */
  public String expected() {
    return expected;
  }

  /** {@return what was found} */
  public String actual() {
    return actual;
  }
}
