// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** A stream that is closed when a read brings nothing for too long, so that the read ends. */
final class StallGuard extends FilterInputStream {
  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "tensorcom-stall-guard");
            thread.setDaemon(true);
            return thread;
          });

  private final Duration patience;
  private volatile boolean stalled;

  StallGuard(InputStream in, Duration patience) {
    super(in);
    this.patience = patience;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    ScheduledFuture<?> alarm =
        CLOCK.schedule(this::giveUp, patience.toNanos(), TimeUnit.NANOSECONDS);
    try {
      return in.read(buffer, offset, length);
    } catch (IOException e) {
      throw stalled ? new IOException("nothing came for " + patience.toSeconds() + " s", e) : e;
    } finally {
      alarm.cancel(false);
    }
  }

  private void giveUp() {
    stalled = true;
    try {
      in.close();
    } catch (IOException e) {
      // The read that waits tells what happened.
    }
  }
}
