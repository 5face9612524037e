// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks;

import io.tensorcom.TransferStats;
import java.util.List;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What did not arrive, beside the operations: a result with any of it is not a result. Told at the
 * end of each iteration, by its thread.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class Losses {
  /** Batches dropped for slow subscribers, or published while nobody had subscribed. */
  public long drops;

  /** Batches refused, malformed, begun and not finished, or skipped; questions not answered. */
  public long failures;

  private long dropsBefore;
  private long failuresBefore;

  /** Counts what all senders and receivers have lost since the last iteration. */
  public void count(List<TransferStats> all) {
    count(all, 0);
  }

  /**
   * Counts what all senders and receivers have lost since the last iteration.
   *
   * @param skipped what else was left out since the beginning
   */
  public void count(List<TransferStats> all, long skipped) {
    long nowDropped = 0;
    long nowFailed = skipped;
    for (TransferStats stats : all) {
      nowDropped += stats.socket().dropEvents() + stats.socket().unheard();
      nowFailed += stats.malformed() + stats.socket().refused() + stats.socket().lost();
    }
    drops += nowDropped - dropsBefore;
    failures += nowFailed - failuresBefore;
    dropsBefore = nowDropped;
    failuresBefore = nowFailed;
  }
}
