// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Tells once, on standard error, that nothing comes, and why that may be. */
final class WaitHint {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final PrintStream err;
  private final List<String> urls;
  private final long sinceNanos;
  private boolean told;

  WaitHint(PrintStream err, List<String> urls, long nanos) {
    this.err = err;
    this.urls = urls;
    this.sinceNanos = nanos;
  }

  /** Notes that nothing has come so far. */
  void nothing(int peers, long nanos) {
    if (!told && nanos - sinceNanos >= PATIENCE_NANOS) {
      told = true;
      String state =
          peers == 0 ? "nobody is connected" : peers + " connected, but no batch has come";
      err.println("waiting, until stopped: " + state + ": " + String.join(", ", urls));
    }
  }
}
