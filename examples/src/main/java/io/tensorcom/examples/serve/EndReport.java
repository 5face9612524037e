// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.serve;

import io.tensorcom.DrainReport;
import io.tensorcom.transport.SocketStats;
import java.io.PrintStream;
import java.time.Duration;

/** What became of the batches of all senders of a server, at its end. Not thread-safe. */
final class EndReport {
  private long sent;
  private long unheard;
  private long slow;
  private long cutOff;
  private long left;
  private boolean complete = true;

  /**
   * Adds a sender that is closed.
   *
   * @param before what it counted until then
   * @param after what it counts now
   */
  void add(DrainReport drained, SocketStats before, SocketStats after) {
    sent += drained.batches();
    unheard += after.unheard();
    slow += after.dropEvents();
    // What was begun when the time was over is among what is left.
    cutOff += (drained.complete() ? after : before).lost();
    left += drained.undelivered();
    complete &= drained.complete();
  }

  /** Prints what went to nobody, line by line, and then how many were sent. */
  void print(PrintStream out, Duration drain) {
    line(out, "published to nobody", unheard);
    line(out, "dropped for slow receivers", slow);
    line(out, "cut off with a connection", cutOff);
    if (!complete) {
      out.println("not delivered within " + drain.toSeconds() + " s: " + left);
    }
    out.println("sent " + sent + " batches");
    out.flush();
  }

  private static void line(PrintStream out, String what, long batches) {
    if (batches > 0) {
      out.println(what + ": " + batches);
    }
  }
}
