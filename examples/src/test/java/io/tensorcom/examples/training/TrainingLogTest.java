// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the numbers of a line mean. */
final class TrainingLogTest {
  private static final long MS = 1_000_000;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TrainingLog log = log(false, 0);

  private TrainingLog log(boolean terminal, long expected) {
    return new TrainingLog(
        new PrintStream(bytes, true, StandardCharsets.UTF_8), terminal, expected);
  }

  private List<String> lines() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void shouldSayAllWaitsSinceTheLineBeforeWhenALineIsPrinted() {
    log.firstBatchAfter(2000 * MS);
    log.step(10, 2.5f, 30 * MS);
    for (int i = 0; i < 11; i++) {
      log.waited(MS);
      log.step(10, 1, 22 * MS);
    }
    // An epoch's end, and the first batch of the next.
    log.waited(5 * MS);
    log.waited(3 * MS);
    log.step(10, 1, MS);
    // The end of the stream.
    log.waited(2 * MS);
    log.end(List.of());

    assertThat(lines())
        .containsExactly(
            "first batch after 2.00 s",
            "      10 bs    10 per sample loss 2.50e-01 loading 0.00e+00 training 3.00e-03",
            "     120 bs    10 per sample loss 1.00e-01 loading 1.00e-04 training 2.20e-03",
            "     130 bs    10 per sample loss 1.00e-01 loading 1.00e-03 training 1.00e-04",
            "trained: 13 steps, 130 samples, loading 1.8e-03 s per batch");
  }

  private List<String> bars() {
    return bytes.toString(StandardCharsets.UTF_8).replaceAll(".*\n", "").lines().toList();
  }

  @Test
  void shouldFillABarOnATerminalWhenTheNumberOfStepsIsKnown() {
    TrainingLog shown = log(true, 4);
    for (int i = 0; i < 4; i++) {
      shown.step(10, 1, MS);
    }

    assertThat(bars())
        .containsExactly(
            "[=======                       ] 1/4",
            "[===============               ] 2/4",
            "[======================        ] 3/4",
            "[==============================] 4/4");
  }

  @Test
  void shouldShowOnATerminalThatItGoesOnWhenTheNumberOfStepsIsNotKnown() {
    TrainingLog shown = log(true, 0);
    shown.step(10, 1, MS);
    shown.step(10, 1, MS);

    assertThat(bars())
        .containsExactly(
            "[ =                            ] 1", "[  =                           ] 2");
  }
}
