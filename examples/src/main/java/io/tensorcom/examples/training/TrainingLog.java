// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import io.tensorcom.examples.metrics.StageMeter;
import io.tensorcom.stream.StreamStats;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What training prints: a line at the first step, at every twelfth and at the last. As in the
 * original, all three numbers of a line are divided by samples: the mean loss of the batch, too.
 */
final class TrainingLog {
  private static final int EVERY = 12;
  private static final int BAR = 30;

  private final PrintStream out;
  private final boolean terminal;
  private final long expected;
  private final List<Float> losses = new ArrayList<>();
  private final StageMeter loadStage = new StageMeter();
  private final StageMeter trainStage = new StageMeter();
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
   * @param expected how many steps there will be; 0 if that is not known
   */
  TrainingLog(PrintStream out, boolean terminal, long expected) {
    this.out = out;
    this.terminal = terminal;
    this.expected = expected;
  }

  void firstBatchAfter(long nanos) {
    out.println(String.format(Locale.ROOT, "first batch after %.2f s", nanos / 1e9));
  }

  /** Enters a wait for a batch, or for the end of an epoch: any but that for the very first. */
  void waited(long nanos) {
    loadStage.count(0, nanos);
    lineLoadingNanos += nanos;
    loadingNanos += nanos;
  }

  /** Enters a step. */
  void step(int size, float loss, long training) {
    losses.add(loss);
    loadStage.count(size, 0);
    trainStage.count(size, training);
    samples += size;
    lineSamples += size;
    lineTrainingNanos += training;
    batchSize = size;
    printed = false;
    if (losses.size() == 1 || losses.size() % EVERY == 0) {
      line();
    }
    if (terminal) {
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
            losses.get(losses.size() - 1) / Math.max(1, batchSize),
            lineLoadingNanos / 1e9 / count,
            lineTrainingNanos / 1e9 / count));
    out.flush();
    lineSamples = 0;
    lineLoadingNanos = 0;
    lineTrainingNanos = 0;
    printed = true;
  }

  /** Overwritten by the next line, which is longer. */
  private void bar() {
    int steps = losses.size();
    boolean known = expected > 0;
    // Where the servers end it, there is only to be seen that it goes on.
    int before = known ? 0 : steps % BAR;
    int marks = known ? (int) Math.min(BAR, (long) BAR * steps / expected) : 1;
    String bar = " ".repeat(before) + "=".repeat(marks) + " ".repeat(BAR - before - marks);
    out.print("[" + bar + "] " + steps + (known ? "/" + expected : "") + "\r");
    out.flush();
  }

  /** Prints the last line, if it has not been, the total, and what each stream lost. */
  void end(List<StreamStats> streams) {
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
    losses(streams);
    out.flush();
  }

  private void losses(List<StreamStats> streams) {
    for (StreamStats stream : streams) {
      out.println(stream.lossLine());
    }
  }

  /** Prints how much was right, and what of the test images did not come. */
  void accuracy(TrainingLoop.Accuracy accuracy, List<StreamStats> streams) {
    out.println(
        String.format(
            Locale.ROOT, "accuracy %.4f on %d test images", accuracy.share(), accuracy.all()));
    losses(streams);
    out.flush();
  }

  /** {@return how long training waited for batches, but for the first} */
  StageMeter loadStage() {
    return loadStage;
  }

  /** {@return how long training took} */
  StageMeter trainStage() {
    return trainStage;
  }

  /** {@return how many steps there were} */
  long steps() {
    return losses.size();
  }

  /** {@return the loss of each step} */
  List<Float> losses() {
    return losses;
  }
}
