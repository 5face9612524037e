// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static List<String> findings(String sent, String received) {
    return Comparison.of(List.of(sent.split("")), List.of(received.split(""))).findings();
  }

  @Test
  void shouldFindNothingWhenAllArrivedInOrder() {
    assertThat(findings("abcab", "abcab")).isEmpty();
    assertThat(Comparison.of(List.of(), List.of()).findings()).isEmpty();
  }

  @Test
  void shouldFindALossWhenABatchIsMissing() {
    assertThat(findings("abcd", "abd")).containsExactly("1 lost (missing from batch 2 on)");
    assertThat(findings("aaa", "aa")).containsExactly("1 lost (missing from batch 2 on)");
  }

  @Test
  void shouldFindAnAlterationWhenAnotherBatchIsInItsPlace() {
    assertThat(findings("abcd", "abxd"))
        .containsExactly("1 altered on the way (the first: batch 2)");
    assertThat(findings("abcd", "xd"))
        .containsExactly(
            "1 altered on the way (the first: batch 0)", "2 lost (missing from batch 0 on)");
  }

  @Test
  void shouldFindAStrangerWhenABatchCameTwice() {
    assertThat(findings("abc", "abcc")).containsExactly("1 received that nobody sent");
  }

  @Test
  void shouldFindAnotherOrderWhenBatchesChangedPlaces() {
    assertThat(findings("abc", "acb")).containsExactly("the order changed");
    assertThat(findings("abcd", "cb"))
        .containsExactly("2 lost (missing from batch 0 on)", "the order changed");
  }
}
