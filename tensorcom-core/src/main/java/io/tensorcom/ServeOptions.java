// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import java.time.Duration;
import java.util.Objects;
import java.util.function.BiConsumer;

/**
 * How {@link TensorSender#serve} serves. Immutable.
 *
 * @param patience how long one batch waits for a peer with room before serving gives up
 * @param reportEvery batches from one report to the next; 0 for none
 * @param report is told the number of batches so far and the rates, in the serving thread
 */
public record ServeOptions(
    Duration patience, long reportEvery, BiConsumer<Long, TransferStats> report) {
  private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

  /** Checks ranges. */
  public ServeOptions {
    Objects.requireNonNull(report, "report");
    if (patience.isNegative() || reportEvery < 0) {
      throw new IllegalArgumentException(
          "patience: " + patience + ", reportEvery: " + reportEvery + " (expected: >= 0)");
    }
  }

  /** {@return options without reports that wait for a peer until the sender is closed} */
  public static ServeOptions forEver() {
    return new ServeOptions(FOR_EVER, 0, (count, stats) -> {});
  }

  /** {@return options without reports that give up when a batch finds no peer for this long} */
  public static ServeOptions patient(Duration patience) {
    return new ServeOptions(patience, 0, (count, stats) -> {});
  }

  /** {@return a copy that reports after every so many batches} */
  public ServeOptions reporting(long every, BiConsumer<Long, TransferStats> report) {
    return new ServeOptions(patience, every, report);
  }
}
