// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * How long to wait before connecting again: at random up to a bound that doubles from 0.1 s to 5 s
 * ("full jitter"), so that many clients of a server that comes back do not come in step.
 */
public final class Backoff {
  private static final long SHORTEST = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST = TimeUnit.SECONDS.toNanos(5);
  private static final long AFTER_ERROR = TimeUnit.SECONDS.toNanos(60);
  private static final int DOUBLINGS = 6;

  private final RandomGenerator random;
  private int failures;

  /** Makes a backoff without failures so far. */
  public Backoff(RandomGenerator random) {
    this.random = random;
  }

  /** Forgets failures: the connection was good. */
  public void succeeded() {
    failures = 0;
  }

  /**
   * Counts a failure.
   *
   * @param refusedByPeer whether the peer sent ERROR, which the next attempt will hardly change
   * @return the wait before the next attempt in nanoseconds
   */
  public long nextNanos(boolean refusedByPeer) {
    long bound = Math.min(LONGEST, SHORTEST << Math.min(failures, DOUBLINGS));
    failures++;
    return refusedByPeer ? AFTER_ERROR : random.nextLong(bound) + 1;
  }
}
