// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HalfFloatTest {
  /** The definition, without tricks. */
  private static double defined(int bits) {
    double sign = (bits >> 15) == 0 ? 1 : -1;
    int exponent = bits >> 10 & 0x1f;
    int mantissa = bits & 0x3ff;
    if (exponent == 31) {
      return mantissa == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
    }
    return exponent == 0
        ? sign * mantissa * Math.pow(2, -24)
        : sign * (1 + mantissa / 1024.0) * Math.pow(2, exponent - 15);
  }

  @Test
  void shouldGiveTheDefinedValueWhenGivenAnyBits() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      // Boxed, so that all that is not a number is equal.
      Double expected = defined(bits);
      assertThat((double) HalfFloat.toFloat((short) bits)).isEqualTo(expected);
    }
  }
}
