// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

/** IEEE 754 half precision; the JDK has it from 20 on. */
final class HalfFloat {
  private static final int EXPONENT_MASK = 0x7c00;
  private static final int MANTISSA_MASK = 0x03ff;
  private static final int MANTISSA_BITS = 10;
  private static final int BIAS_DIFFERENCE = 127 - 15;
  private static final float SMALLEST_SUBNORMAL = 0x1p-24f;

  private HalfFloat() {}

  /** {@return the value of these bits, exactly} */
  static float toFloat(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = bits & EXPONENT_MASK;
    int mantissa = bits & MANTISSA_MASK;
    if (exponent == 0) {
      float value = mantissa * SMALLEST_SUBNORMAL;
      return sign == 0 ? value : -value;
    }
    if (exponent == EXPONENT_MASK) {
      return Float.intBitsToFloat(sign | 0x7f80_0000 | mantissa << 13);
    }
    int widened = (exponent >> MANTISSA_BITS) + BIAS_DIFFERENCE;
    return Float.intBitsToFloat(sign | widened << 23 | mantissa << 13);
  }
}
