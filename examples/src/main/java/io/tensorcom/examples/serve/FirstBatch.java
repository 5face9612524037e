// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.serve;

import io.tensorcom.examples.images.ImageBatches;
import java.time.Duration;
import java.util.function.Supplier;

/** Has the first batch made before there is anybody for it: who comes need not wait for it then. */
final class FirstBatch {
  /** Those for whom a server waits. */
  @FunctionalInterface
  interface Receivers {
    /**
     * Waits for them.
     *
     * @return whether they came before the time was over
     */
    boolean await(Duration patience) throws InterruptedException;
  }

  static final Duration FOR_EVER = Duration.ofDays(365);

  private FirstBatch() {}

  /**
   * Returns batches once there are receivers, the first of them made.
   *
   * @param opens opens the pass
   * @param made is told when the first batch has been made
   * @param held how long what was begun is held for receivers. When they come later the pass is
   *     opened again: a server of shards closes what nobody reads on
   */
  static ImageBatches of(
      Supplier<ImageBatches> opens, Runnable made, Duration held, Receivers receivers)
      throws InterruptedException {
    boolean kept = false;
    ImageBatches batches = opens.get();
    try {
      if (batches.hasNext()) {
        made.run();
      }
      kept = receivers.await(held);
    } finally {
      if (!kept) {
        batches.close();
      }
    }
    if (kept) {
      return batches;
    }
    while (!receivers.await(FOR_EVER)) {
      // Nobody comes.
    }
    return opens.get();
  }
}
