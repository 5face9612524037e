// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PythonFormatTest {
  /** Expected texts are what CPython 3.11 prints. */
  @ParameterizedTest
  @CsvSource({
    "0.0, 0",
    "-0.0, -0",
    "1.0, 1",
    "-1.0, -1",
    "0.5, 0.5",
    "2.5, 2.5",
    "10.0, 10",
    "100.0, 100",
    "255.0, 255",
    "999.4, 999",
    "999.5, 1e+03",
    "999.6, 1e+03",
    "1000.0, 1e+03",
    "123000.0, 1.23e+05",
    "1234567.0, 1.23e+06",
    "-7.3e8, -7.3e+08",
    "1e16, 1e+16",
    "1e100, 1e+100",
    "1.5e300, 1.5e+300",
    "1.7976931348623157e308, 1.8e+308",
    "0.0001, 0.0001",
    "0.00001, 1e-05",
    "0.00009996, 0.0001",
    "0.000099949, 9.99e-05",
    "1.0e-10, 1e-10",
    "5e-324, 4.94e-324",
    "0.12345, 0.123",
    "0.125, 0.125",
    "2.345, 2.35",
    "2.355, 2.35",
    "9.995, 9.99",
    "9.985, 9.98",
    "Infinity, inf",
    "-Infinity, -inf",
    "NaN, nan",
  })
  void shouldWriteWhatPythonWritesWhenThreeDigitsAreAsked(double value, String expected) {
    assertThat(PythonFormat.general(value, 3)).isEqualTo(expected);
  }
}
