// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.metrics;

import io.tensorcom.transport.PeerStats;

/** What was counted for a peer over all its connections, and what waits now. */
record PeerTotals(long batches, long bytes, long dropped, int queued) {
  static final PeerTotals NONE = new PeerTotals(0, 0, 0, 0);

  static PeerTotals of(PeerStats stats) {
    return new PeerTotals(stats.messages(), stats.bytes(), stats.droppedFull(), stats.queued());
  }

  PeerTotals plus(PeerTotals other) {
    return new PeerTotals(
        batches + other.batches,
        bytes + other.bytes,
        dropped + other.dropped,
        queued + other.queued);
  }

  PeerTotals withoutQueue() {
    return new PeerTotals(batches, bytes, dropped, 0);
  }

  /** Whether this counts less than before, so that it is another connection. */
  boolean isBehind(PeerTotals before) {
    return batches < before.batches || bytes < before.bytes || dropped < before.dropped;
  }
}
