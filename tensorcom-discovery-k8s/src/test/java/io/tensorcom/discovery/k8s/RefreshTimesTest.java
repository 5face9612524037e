// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.DoubleSummaryStatistics;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class RefreshTimesTest {
  private static double seconds(Duration wait) {
    return wait.toNanos() / 1e9;
  }

  @Property
  void shouldStayBelowTheTtlAndItsLimitsWhenTimesAreJittered(@ForAll long seed, @ForAll int ttl) {
    RefreshTimes times = new RefreshTimes(seed);
    double full = Math.max(1, Math.min(ttl, 10));

    assertThat(seconds(times.afterRecords(ttl))).as("the first").isBetween(1.0, full);
    for (int i = 0; i < 20; i++) {
      assertThat(seconds(times.afterRecords(ttl))).isBetween(Math.max(1, 0.9 * full), full);
      double negative = Math.max(1, Math.min(ttl, 5));
      assertThat(seconds(times.afterNothing(ttl))).isBetween(Math.max(1, 0.9 * negative), negative);
    }
  }

  @Test
  void shouldSpreadTheFirstLooksOfManyWhenTheyStartTogether() {
    DoubleSummaryStatistics first =
        LongStream.range(0, 1000)
            .mapToDouble(seed -> seconds(new RefreshTimes(seed).afterRecords(10)))
            .summaryStatistics();

    assertThat(first.getMin()).isLessThan(1.5);
    assertThat(first.getMax()).isGreaterThan(9.5);
    assertThat(first.getAverage()).isBetween(4.5, 5.6);
  }
}
