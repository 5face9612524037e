// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks;

import io.tensorcom.TransferStats;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What did not arrive, beside the operations: a result with any of it is not a result. Used by the
 * measuring thread.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class Losses {
  /** Batches dropped for slow subscribers, or published while nobody had subscribed. */
  public long drops;

  /** Batches refused, malformed, begun and not finished, or skipped. */
  public long failures;

  /** Adds what one sender or receiver has counted since it was opened. */
  public void add(TransferStats stats) {
    drops += stats.socket().dropEvents() + stats.socket().unheard();
    failures += stats.malformed() + stats.socket().refused() + stats.socket().lost();
  }
}
