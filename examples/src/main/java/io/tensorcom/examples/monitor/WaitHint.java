// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorcomUrl;
import io.tensorcom.TransferStats;
import io.tensorcom.examples.cli.UserException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells once, on standard error, that nothing comes, and why that may be. Gives up only where a URL
 * says after how long, {@code ?timeout=5s}.
 */
public final class WaitHint {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final PrintStream err;
  private final List<String> urls;
  private final @Nullable Duration limit;
  private long heardNanos;
  private boolean heard;
  private boolean told;

  /** Takes the limit that the URLs set for {@code receive()}; without one there is none. */
  public static WaitHint of(PrintStream err, TensorReceiver receiver, long nanos) {
    boolean limited = receiver.urls().stream().anyMatch(url -> url.option("timeout") != null);
    return new WaitHint(
        err,
        receiver.urls().stream().map(TensorcomUrl::text).toList(),
        limited ? receiver.receiveTimeout() : null,
        nanos);
  }

  WaitHint(PrintStream err, List<String> urls, @Nullable Duration limit, long nanos) {
    this.err = err;
    this.urls = urls;
    this.limit = limit;
    this.heardNanos = nanos;
  }

  /** Notes that a batch came. */
  public void heard(long nanos) {
    heardNanos = nanos;
    heard = true;
    told = true;
  }

  /**
   * Notes that nothing came.
   *
   * @throws UserException if the URLs set a limit, and it is over
   */
  public void nothing(TensorReceiver receiver, long nanos) {
    long waited = nanos - heardNanos;
    if (limit != null && waited >= limit.toNanos()) {
      throw new UserException("no batch within " + limit.toMillis() + " ms: " + state(receiver));
    }
    if (!told && waited >= PATIENCE_NANOS) {
      told = true;
      err.println((limit == null ? "waiting, until stopped: " : "waiting: ") + state(receiver));
    }
  }

  private String state(TensorReceiver receiver) {
    return missing(receiver) + ": " + String.join(", ", urls);
  }

  private String missing(TensorReceiver receiver) {
    TransferStats stats = receiver.stats();
    int peers = stats.socket().peers();
    boolean named = receiver.urls().stream().anyMatch(url -> url.name() != null);
    if (named && peers == 0 && stats.membership().known() == 0) {
      return "no endpoints yet, tensorcom-resolve shows why";
    }
    String nothing =
        heard ? " connected, but no more batches come" : " connected, but no batch has come";
    return peers == 0 ? "nobody is connected" : peers + nothing;
  }
}
