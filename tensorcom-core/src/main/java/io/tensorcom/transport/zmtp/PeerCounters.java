// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.GonePeer;
import io.tensorcom.transport.PeerStats;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What is counted for one peer. Written by one thread, read by any. */
final class PeerCounters {
  /** For how long after its last byte a message that is not complete counts as coming. */
  static final long COMING_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final String peer;
  private final LongAdder bytesIn = new LongAdder();
  private final LongAdder bytesOut = new LongAdder();
  private final LongAdder messages = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder lost = new LongAdder();
  private final AtomicInteger queued = new AtomicInteger();
  private volatile boolean endedInHandshake;
  private volatile boolean inside;
  private volatile boolean stopped;
  private volatile long cameAt;

  PeerCounters(String peer) {
    this.peer = peer;
  }

  void received(int bytes) {
    bytesIn.add(bytes);
  }

  /**
   * Notes where reading stands.
   *
   * @param newInside whether a message has been begun and is not complete
   * @param newStopped whether we do not read, for want of room or memory
   * @param now when something came, or could come again
   */
  void reading(boolean newInside, boolean newStopped, long now) {
    cameAt = now;
    inside = newInside;
    stopped = newStopped;
  }

  /** {@return whether a message is coming, or would if it were read} */
  boolean isComing(long now) {
    return stopped || (inside && now - cameAt < COMING_NANOS);
  }

  String peer() {
    return peer;
  }

  void sent(int bytes) {
    bytesOut.add(bytes);
  }

  void message() {
    messages.increment();
  }

  void dropped() {
    dropped.increment();
  }

  void lost(long batches) {
    lost.add(batches);
  }

  void queued(int delta) {
    queued.addAndGet(delta);
  }

  /** {@return messages given to the peer that are not written whole, without one that just was} */
  int queued() {
    return queued.get();
  }

  void closed(boolean inHandshake) {
    endedInHandshake = inHandshake;
  }

  boolean endedInHandshake() {
    return endedInHandshake;
  }

  PeerStats stats(boolean sends) {
    return new PeerStats(
        peer, messages.sum(), (sends ? bytesOut : bytesIn).sum(), queued.get(), dropped.sum());
  }

  GonePeer gone(boolean sends, String reason) {
    return new GonePeer(stats(sends), lost.sum(), reason);
  }
}
