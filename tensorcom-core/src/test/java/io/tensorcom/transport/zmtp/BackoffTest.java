// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class BackoffTest {
  private static final long MILLI = 1_000_000;
  private static final long[] BOUNDS = {100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000};

  /** Chance at one of its ends, which remembers the bound it was asked for. */
  private static final class Extreme implements RandomGenerator {
    private final boolean high;

    Extreme(boolean high) {
      this.high = high;
    }

    @Override
    public long nextLong() {
      throw new AssertionError("unbounded");
    }

    @Override
    public long nextLong(long bound) {
      return high ? bound - 1 : 0;
    }
  }

  @Test
  void shouldDoubleTheBoundUpToFiveSecondsWhenFailuresGoOn() {
    Backoff longest = new Backoff(new Extreme(true));
    Backoff shortest = new Backoff(new Extreme(false));
    for (long bound : BOUNDS) {
      assertThat(longest.nextNanos(false)).isEqualTo(bound * MILLI);
      assertThat(shortest.nextNanos(false)).as("never at once").isEqualTo(1);
    }
  }

  @Test
  void shouldStayWithinFiveSecondsWhenFailuresAreManyThousands() {
    Backoff backoff = new Backoff(new Extreme(true));
    for (int i = 0; i < 100_000; i++) {
      assertThat(backoff.nextNanos(false)).isBetween(1L, 5000 * MILLI);
    }
  }

  @Test
  void shouldUseTheWholeRangeWhenChanceIsFair() {
    Integer[] quarters = {0, 0, 0, 0};
    for (int seed = 0; seed < 400; seed++) {
      Backoff backoff = new Backoff(new Random(seed));
      backoff.nextNanos(false);
      quarters[(int) ((backoff.nextNanos(false) - 1) / (50 * MILLI))]++;
    }

    assertThat(quarters).as("waits of up to 200 ms by quarters").allMatch(count -> count > 60);
  }

  @Test
  void shouldBeginAnewWhenAConnectionWasGood() {
    Backoff backoff = new Backoff(new Extreme(true));
    for (int i = 0; i < 5; i++) {
      backoff.nextNanos(false);
    }
    backoff.succeeded();

    assertThat(backoff.nextNanos(false)).isEqualTo(100 * MILLI);
    assertThat(backoff.nextNanos(false)).isEqualTo(200 * MILLI);
  }

  @Test
  void shouldWaitAMinuteWhenPeerRefusedAndCountThatAsAFailure() {
    Backoff backoff = new Backoff(new Extreme(false));
    assertThat(backoff.nextNanos(true)).isEqualTo(60_000 * MILLI);

    Backoff after = new Backoff(new Extreme(true));
    after.nextNanos(true);
    assertThat(after.nextNanos(false)).isEqualTo(200 * MILLI);
  }
}
