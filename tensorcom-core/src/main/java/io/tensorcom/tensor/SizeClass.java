// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

/**
 * Slab sizes: powers of two and the steps half way between them, from 256 bytes up.
 *
 * <p>Class {@code 2k} holds {@code 256 << k} bytes, class {@code 2k + 1} holds {@code 384 << k}. So
 * at most a third of a slab is unused.
 */
final class SizeClass {
  static final int SMALLEST = 256;

  /** The number of classes; the largest holds 1.5 GiB. */
  static final int COUNT = 46;

  private SizeClass() {}

  static int bytes(int sizeClass) {
    int base = SMALLEST << (sizeClass >> 1);
    return (sizeClass & 1) == 0 ? base : base + (base >> 1);
  }

  /** {@return the smallest class that holds {@code length} bytes} */
  static int of(int length) {
    if (length <= SMALLEST) {
      return 0;
    }
    if (length > bytes(COUNT - 1)) {
      throw new IllegalArgumentException(
          "length: " + length + " (expected: <= " + bytes(COUNT - 1) + ")");
    }
    int floorLog = 31 - Integer.numberOfLeadingZeros(length - 1);
    int lower = 2 * (floorLog - 8);
    return length <= bytes(lower + 1) ? lower + 1 : lower + 2;
  }
}
