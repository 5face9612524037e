// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

/**
 * Sequence numbers that follow each other. Immutable.
 *
 * @param first the lowest
 * @param last the highest, itself included
 */
public record SequenceRange(long first, long last) {
  /** Checks the order. */
  public SequenceRange {
    if (first < 0 || last < first) {
      throw new IllegalArgumentException(
          "range: " + first + "-" + last + " (expected: 0 <= first <= last)");
    }
  }

  /** {@return how many numbers there are} */
  public long count() {
    return last - first + 1;
  }

  /** {@return for example {@code 7} or {@code 12-311}} */
  @Override
  public String toString() {
    return first == last ? Long.toString(first) : first + "-" + last;
  }
}
