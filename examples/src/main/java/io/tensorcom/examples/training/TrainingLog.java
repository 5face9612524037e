// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What training prints: a line at the first step, at every twelfth and at the last. */
final class TrainingLog {
  private static final int EVERY = 12;
  private static final int BAR = 30;

  private final PrintStream out;
  private final boolean terminal;
  private final long steps;
  private final List<Float> losses = new ArrayList<>();
  private long samples;
  private long lineSamples;
  private long lineLoadingNanos;
  private long lineTrainingNanos;
  private long loadingNanos;
  private int batchSize;
  private boolean printed = true;

  /**
   * Makes a log.
   *
   * @param terminal whether to show a bar of progress
   * @param steps how many there will be, 0 if not known
   */
  TrainingLog(PrintStream out, boolean terminal, long steps) {
    this.out = out;
    this.terminal = terminal;
    this.steps = steps;
  }

  void firstBatchAfter(long nanos) {
    out.println(String.format(Locale.ROOT, "first batch after %.2f s", nanos / 1e9));
  }

  /** Enters a step. */
  void step(int size, float loss, long loading, long training) {
    losses.add(loss);
    samples += size;
    lineSamples += size;
    lineLoadingNanos += loading;
    lineTrainingNanos += training;
    loadingNanos += loading;
    batchSize = size;
    printed = false;
    if (losses.size() == 1 || losses.size() % EVERY == 0) {
      line();
    }
    if (terminal && steps > 0) {
      bar();
    }
  }

  private void line() {
    double count = Math.max(1, lineSamples);
    out.println(
        String.format(
            Locale.ROOT,
            "%8d bs %5d per sample loss %.2e loading %.2e training %.2e",
            samples,
            batchSize,
            losses.get(losses.size() - 1),
            lineLoadingNanos / 1e9 / count,
            lineTrainingNanos / 1e9 / count));
    out.flush();
    lineSamples = 0;
    lineLoadingNanos = 0;
    lineTrainingNanos = 0;
    printed = true;
  }

  private void bar() {
    int done = (int) ((long) BAR * losses.size() / steps);
    String bar = "=".repeat(Math.min(BAR, done)) + " ".repeat(Math.max(0, BAR - done));
    out.print("[" + bar + "] " + losses.size() + "/" + steps + "\r");
    out.flush();
  }

  /** Prints the last line, if it has not been. */
  void end() {
    if (!printed) {
      line();
    }
    out.println(
        String.format(
            Locale.ROOT,
            "trained: %d steps, %d samples, loading %.1e s per batch",
            losses.size(),
            samples,
            loadingNanos / 1e9 / Math.max(1, losses.size() - 1)));
    out.flush();
  }

  /** {@return the loss of each step} */
  List<Float> losses() {
    return losses;
  }
}
