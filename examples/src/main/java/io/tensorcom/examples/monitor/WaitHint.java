// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import io.tensorcom.TensorReceiver;
import io.tensorcom.TransferStats;
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
  void nothing(TensorReceiver receiver, long nanos) {
    if (!told && nanos - sinceNanos >= PATIENCE_NANOS) {
      told = true;
      err.println("waiting, until stopped: " + state(receiver) + ": " + String.join(", ", urls));
    }
  }

  private static String state(TensorReceiver receiver) {
    TransferStats stats = receiver.stats();
    int peers = stats.socket().peers();
    boolean named = receiver.urls().stream().anyMatch(url -> url.name() != null);
    if (named && peers == 0 && stats.membership().known() == 0) {
      return "no endpoints yet, tensorcom-resolve shows why";
    }
    return peers == 0 ? "nobody is connected" : peers + " connected, but no batch has come";
  }
}
