// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ExplanationTest {
  private static Explanation of(Outcome outcome, boolean ambiguous) {
    return new Explanation(
        "shards:1",
        "",
        "",
        List.of(),
        List.of(),
        null,
        outcome,
        ambiguous,
        false,
        List.of(),
        Duration.ZERO,
        List.of());
  }

  @Test
  void shouldBeSureThatThereIsNothingOnlyWhenNoNameTriedBeforeFailed() {
    assertThat(of(Outcome.NXDOMAIN, false).isDefinite()).isTrue();
    assertThat(of(Outcome.NXDOMAIN, false).summary()).doesNotContain("AMBIGUOUS");
    assertThat(of(Outcome.NXDOMAIN, true).isDefinite()).isFalse();
    assertThat(of(Outcome.NXDOMAIN, true).summary())
        .contains("NXDOMAIN, AMBIGUOUS: a name tried before failed");
    assertThat(of(Outcome.SERVFAIL, true).isDefinite()).isFalse();
    assertThat(of(Outcome.SERVFAIL, true).summary()).doesNotContain("AMBIGUOUS");
  }
}
