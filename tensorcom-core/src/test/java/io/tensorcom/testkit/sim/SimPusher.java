// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.zmtp.Outbox;
import io.tensorcom.transport.zmtp.PushCore;

/** A sender of a {@link PushPullScenario}, and how far it is with its stream. */
final class SimPusher {
  final int id;
  final int place;
  final Outbox outbox;
  final PushCore core;
  final int count;
  final SimStream stream;
  int next;
  long lostBefore;

  /** Whether it was closed before all was written. */
  boolean forced;

  /** Whether it was killed; another one may have its place then. */
  boolean killed;

  /**
   * Makes a sender that has sent nothing.
   *
   * @param place where it listens, if it does; of one that was killed and of its successor the same
   */
  SimPusher(int id, int place, int count, int epochs, SimWorld world, SocketOptions options) {
    this.id = id;
    this.place = place;
    this.count = count;
    stream = new SimStream(id, count, epochs);
    PushCore[] made = new PushCore[1];
    this.outbox = new Outbox(4, false, () -> world.execute(() -> made[0].pump()));
    this.core = new PushCore(options, world, outbox);
    made[0] = core;
  }

  TransportAddress address() {
    return TransportAddress.tcp("push", place + 1);
  }

  /** {@return whether it gives nothing more to its socket} */
  boolean isSent() {
    return killed || next == count;
  }

  /** {@return what of its stream did not come whole anywhere, by its own counters} */
  long lost(boolean finishes) {
    // What a closing socket lost of what it had begun is also left.
    return finishes || killed ? lostBefore + core.left() : core.lost();
  }
}
