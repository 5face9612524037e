// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.serve;

import io.tensorcom.DrainReport;
import io.tensorcom.transport.GonePeer;
import io.tensorcom.transport.SocketStats;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What became of the batches of all senders of a server, at its end. Not thread-safe. */
final class EndReport {
  private long sent;
  private long unheard;
  private long slow;
  private long cutOff;
  private long left;
  private boolean complete = true;
  private final List<GonePeer> losers = new ArrayList<>();

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
    after.gonePeers().stream().filter(GonePeer::lostSome).forEach(losers::add);
  }

  /** {@return whether all that was sent was handed to the network in time} */
  boolean isComplete() {
    return complete;
  }

  /** Prints what went to nobody, line by line, who went without, and then how many were sent. */
  void print(PrintStream out, Duration drain) {
    line(out, "published to nobody", unheard);
    line(out, "dropped for slow receivers", slow);
    line(out, "cut off with a connection", cutOff);
    if (!complete) {
      // JeroMQ does not tell how many.
      String many = left > 0 ? Long.toString(left) : "not known how many";
      out.println("not delivered within " + drain.toSeconds() + " s: " + many);
    }
    for (GonePeer peer : losers) {
      out.printf(
          "  %s: dropped as slow %d, not given whole %d, connection %s%n",
          peer.counters().peer(), peer.counters().droppedFull(), peer.lost(), peer.reason());
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
