// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import java.time.Duration;
import java.util.Locale;

/**
 * On which side the bottleneck is: how long the trainer waited for batches, and how long batches
 * waited for the trainer. Immutable.
 *
 * @param batches that the trainer took
 * @param samples in them
 * @param firstBatch how long the trainer waited for the first batch of all
 * @param loading how long the trainer waited for all the others, and for the ends of epochs
 * @param ready how long batches lay ready before they were taken, added up
 * @param skipped batches that were left out as they could not be trained with, also of what is read
 *     ahead
 * @param lostServers servers that went away in the middle of epochs that servers end, also of what
 *     is read ahead
 * @param kept batches whose memory was kept beyond {@code Batch.close()}, as arrays were detached
 * @param copies tensors that were copied out of the received memory: to a GPU, by {@code optCopy},
 *     or as the engine has no such dtype; what an engine copies by itself is not known
 * @param copiedBytes in them
 */
public record LoadStats(
    long batches,
    long samples,
    Duration firstBatch,
    Duration loading,
    Duration ready,
    long skipped,
    long lostServers,
    long kept,
    long copies,
    long copiedBytes) {
  /**
   * {@return for example {@code 1000 batches, loading 1.2e-05 s per batch, ready 3.4e-02 s per
   * batch, skipped 0, lost servers 0, kept 0, copies 0}}
   */
  @Override
  public String toString() {
    double count = Math.max(1, batches);
    return String.format(
        Locale.ROOT,
        "%d batches, loading %.1e s per batch, ready %.1e s per batch, skipped %d, lost servers %d, kept %d, copies %d",
        batches,
        loading.toNanos() / 1e9 / count,
        ready.toNanos() / 1e9 / count,
        skipped,
        lostServers,
        kept,
        copies);
  }
}
