// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

/**
 * CRC32C of a whole from those of its parts. A CRC is the remainder of a division of polynomials
 * over GF(2); bytes that are appended multiply what was before by a power of x.
 */
final class Crc32c {
  /** The generator, with the coefficient of the lowest power in the highest bit. */
  private static final int POLYNOMIAL = 0x82F63B78;

  private static final int ONE = 1 << 31;
  private static final int X = 1 << 30;

  /** The bits of a length, which times 8 is an exponent. */
  private static final int BITS = Long.SIZE - 3;

  /** Element k is x to the power of 2^k, modulo the generator. */
  private static final int[] POWERS = powers();

  private Crc32c() {}

  private static int[] powers() {
    int[] powers = new int[BITS + 3];
    powers[0] = X;
    for (int k = 1; k < powers.length; k++) {
      powers[k] = multiply(powers[k - 1], powers[k - 1]);
    }
    return powers;
  }

  /** {@return the CRC of two parts} */
  static long append(long before, long part, long partBytes) {
    int shift = ONE;
    for (int k = 0; k < BITS; k++) {
      if ((partBytes >>> k & 1) != 0) {
        shift = multiply(shift, POWERS[k + 3]);
      }
    }
    return (multiply(shift, (int) before) ^ (int) part) & 0xFFFF_FFFFL;
  }

  /** The product of two remainders is one again. */
  private static int multiply(int a, int b) {
    int product = 0;
    int times = b;
    for (int bit = ONE; bit != 0; bit >>>= 1) {
      if ((a & bit) != 0) {
        product ^= times;
      }
      // Times x: towards lower bits; what falls out is subtracted as a multiple of the generator.
      times = (times >>> 1) ^ ((times & 1) != 0 ? POLYNOMIAL : 0);
    }
    return product;
  }
}
