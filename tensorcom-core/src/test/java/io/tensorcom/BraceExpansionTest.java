// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The expansions are those of Python's braceexpand. */
final class BraceExpansionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a|a",
        "{0..3}|0 1 2 3",
        "x{00..03}y|x00y x01y x02y x03y",
        "{3..1}|3 2 1",
        "{0..10..5}|0 5 10",
        "{08..10}|08 09 10",
        "{-1..1}|-1 0 1",
        "{a..c}|a b c",
        "{c..a}|c b a",
        "{a..e..2}|a c e",
        "{a,b}{1,2}|a1 a2 b1 b2",
        "{a,{b,c}d}|a bd cd",
        "{a,}x|ax x",
        "{1}|{1}",
        "{}|{}",
        "{{a,b}}|{a} {b}",
        "\\{a,b\\}|{a,b}",
        "zsub://h{0..1}:78{80,90}|zsub://h0:7880 zsub://h0:7890 zsub://h1:7880 zsub://h1:7890"
      })
  void shouldExpandAsPythonWhenPatternIsBalanced(String pattern, String expected) {
    assertThat(String.join(" ", BraceExpansion.expand(pattern))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{a", "a}", "{a,{b}", "}{"})
  void shouldRefuseWhenBracesAreNotBalanced(String pattern) {
    assertThatThrownBy(() -> BraceExpansion.expand(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("unbalanced braces: pattern=" + pattern);
  }

  @Test
  void shouldRefuseWhenThereAreTooManyExpansions() {
    assertThatThrownBy(() -> BraceExpansion.expand("{1..99999}{1..99999}"))
        .hasMessageContaining("too many expansions");
    assertThatThrownBy(() -> BraceExpansion.expand("{1..2147483647}"))
        .hasMessageContaining("too many expansions");
    assertThatThrownBy(() -> BraceExpansion.expand("{1..99999999999}"))
        .hasMessageContaining("number too large");
  }
}
