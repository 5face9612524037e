// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * When to look again. Jitter only ever shortens a wait, by a tenth at most, so that no wait is
 * above its limit; no wait is below a second but those after a failure.
 */
final class RefreshTimes {
  private static final double SECOND = 1e9;
  private static final double LONGEST_TTL = 10;
  private static final double LONGEST_NEGATIVE = 5;
  private static final double FIRST_BACKOFF = 0.25;
  private static final double LONGEST_BACKOFF = 5;

  private final RandomGenerator random;
  private int failures;
  private boolean spread;

  RefreshTimes(long seed) {
    // Seeds of one discovery follow each other, and the first numbers of Random hardly differ then.
    this.random = new SplittableRandom(seed);
  }

  /** {@return the wait after records with this time to live in seconds} */
  Duration afterRecords(long ttl) {
    failures = 0;
    double wait = Math.max(1, Math.min((double) ttl, LONGEST_TTL));
    if (!spread) {
      // Clients that start together do not ask together for ever after.
      spread = true;
      return nanos(Math.max(1, wait * random.nextDouble()));
    }
    return nanos(Math.max(1, shortened(wait)));
  }

  /** {@return the wait after "there is nothing"; RFC 2308, at most 5 s, 1 s where no SOA told} */
  Duration afterNothing(long negativeTtl) {
    failures = 0;
    return nanos(Math.max(1, shortened(Math.min((double) negativeTtl, LONGEST_NEGATIVE))));
  }

  /** {@return the wait before "there is nothing" is to be confirmed} */
  Duration toConfirm() {
    return nanos(1);
  }

  /** {@return the wait after a failure: it doubles (RFC 9520)} */
  Duration afterFailure() {
    double wait = FIRST_BACKOFF * Math.scalb(1.0, Math.min(failures++, 10));
    return nanos(shortened(Math.min(wait, LONGEST_BACKOFF)));
  }

  private double shortened(double seconds) {
    return seconds * (0.9 + 0.1 * random.nextDouble());
  }

  private static Duration nanos(double seconds) {
    return Duration.ofNanos(Math.round(seconds * SECOND));
  }
}
