// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The signs of life of one connection (ZMTP 3.1, PING): those we give, and those we want. */
final class Heartbeat {
  private static final long SHORTEST_TTL_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long TENTH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Scheduler scheduler;
  private final LongSupplier silentNanos;
  private final Consumer<ProtocolException> fail;
  private long ttlNanos;
  private Scheduler.@Nullable Timer pingTimer;
  private Scheduler.@Nullable Timer ttlTimer;

  /**
   * Makes the clockwork of one connection.
   *
   * @param silentNanos for how long nothing was heard although we listened
   * @param fail ends the connection
   */
  Heartbeat(Scheduler scheduler, LongSupplier silentNanos, Consumer<ProtocolException> fail) {
    this.scheduler = scheduler;
    this.silentNanos = silentNanos;
    this.fail = fail;
  }

  /** Pings again and again, with the time to live that the peer is to give us, in tenths. */
  void pingEvery(long intervalNanos, IntConsumer ping) {
    int ttl = (int) Math.min(Limits.TTL_TENTHS, Math.max(1, 4 * intervalNanos / TENTH_NANOS));
    pingTimer =
        scheduler.schedule(
            intervalNanos,
            () -> {
              ping.accept(ttl);
              pingEvery(intervalNanos, ping);
            });
  }

  /** The peer wants to be given up when it is not heard for so long; 0 for never. */
  void setTtl(int tenths) {
    ttlNanos = tenths * TENTH_NANOS;
    if (ttlTimer == null && ttlNanos > 0) {
      ttlTimer = scheduler.schedule(patience(), this::check);
    }
  }

  private long patience() {
    return Math.max(ttlNanos, SHORTEST_TTL_NANOS);
  }

  private void check() {
    ttlTimer = null;
    if (ttlNanos == 0) {
      return;
    }
    long silent = silentNanos.getAsLong();
    if (silent >= patience()) {
      fail.accept(new ProtocolException(Refusal.SILENT, "no sign of life within TTL"));
    } else {
      ttlTimer = scheduler.schedule(patience() - silent, this::check);
    }
  }

  void stop() {
    for (Scheduler.Timer timer : new Scheduler.Timer[] {pingTimer, ttlTimer}) {
      if (timer != null) {
        timer.cancel();
      }
    }
  }
}
