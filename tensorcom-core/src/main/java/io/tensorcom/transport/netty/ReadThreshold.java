// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.tensorcom.transport.zmtp.Scheduler;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Has the kernel wake the reader of a long body only when a good part of it is there (SO_RCVLOWAT,
 * socket(7)): each waking costs the reader, and on one machine its sender, too. What comes slower
 * is read a moment later all the same, so that nobody is taken for silent whose bytes lie in the
 * kernel. On the loop's thread only.
 */
final class ReadThreshold {
  static final int MOST_BYTES = 512 << 10;

  /** For less than that a system call is not worth it. */
  static final int LEAST_BYTES = 64 << 10;

  static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\D.*");

  private final IntConsumer option;
  private final Scheduler scheduler;
  private int bytes = 1;
  private boolean read;
  private boolean watching;

  /**
   * Makes a threshold of one byte, as sockets have it at first.
   *
   * @param option sets the socket's, in bytes
   */
  ReadThreshold(IntConsumer option, Scheduler scheduler) {
    this.option = option;
    this.scheduler = scheduler;
  }

  /**
   * {@return whether a kernel is fit for this} Before Linux 4.18 none makes room for what is waited
   * for, nor wakes who then waits for less: a sender that has filled the room would stand still.
   *
   * @param release as {@code uname -r} tells it
   */
  static boolean suits(String release) {
    Matcher version = RELEASE.matcher(release);
    if (!version.matches()) {
      return false;
    }
    int major = Integer.parseInt(version.group(1));
    return major > 4 || (major == 4 && Integer.parseInt(version.group(2)) >= 18);
  }

  /**
   * Tells that what was there has been read.
   *
   * @param awaited how many bytes have to come before anything can be done
   */
  void drained(long awaited) {
    read = true;
    set(awaited < LEAST_BYTES ? 1 : (int) Math.min(awaited, MOST_BYTES));
    watch();
  }

  private void set(int wanted) {
    if (wanted != bytes) {
      bytes = wanted;
      option.accept(wanted);
    }
  }

  private void watch() {
    if (bytes > 1 && !watching) {
      watching = true;
      read = false;
      scheduler.schedule(PATIENCE_NANOS, this::look);
    }
  }

  private void look() {
    watching = false;
    if (!read) {
      set(1);
    }
    watch();
  }
}
