// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.TensorPool;
import java.time.Duration;

/** Looks for what was not given back. */
final class Leases {
  private static final Duration SOON = Duration.ofSeconds(30);

  private Leases() {}

  /** Fails if any stays out: what a connection held goes back on the thread that ends it. */
  static void awaitAllBack(TensorPool pool) {
    long start = System.nanoTime();
    while (pool.stats().leases() > 0) {
      assertThat(System.nanoTime() - start)
          .as("leases that were not given back: %d", pool.stats().leases())
          .isLessThan(SOON.toNanos());
      Thread.onSpinWait();
    }
    assertThat(pool.stats().leaks()).as("leases that were garbage first").isZero();
  }
}
