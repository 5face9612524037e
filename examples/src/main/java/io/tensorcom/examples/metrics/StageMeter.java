// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.metrics;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;

/** Counts what one stage of a tool's work did, and how long it took. Thread-safe. */
public final class StageMeter {
  private final LongAdder samples = new LongAdder();
  private final LongAdder nanos = new LongAdder();

  /** Makes a meter at zero. */
  public StageMeter() {}

  /** Counts samples that took so long. */
  public void count(long howMany, long tookNanos) {
    samples.add(howMany);
    nanos.add(tookNanos);
  }

  /** {@return an executor that counts each task as a sample} */
  public Executor over(Executor executor) {
    return task ->
        executor.execute(
            () -> {
              long start = System.nanoTime();
              try {
                task.run();
              } finally {
                count(1, System.nanoTime() - start);
              }
            });
  }

  double samples() {
    return samples.sum();
  }

  double seconds() {
    return nanos.sum() / 1e9;
  }
}
