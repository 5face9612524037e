// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorPool;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Grants memory for the frames that arrive, so that half-received messages can never wait for each
 * other for ever.
 *
 * <p>One claim at a time is the <i>first</i>: it may use the whole pool until its message is
 * complete. All other half-received messages together may hold only what leaves room for the
 * largest message. So the first claim always gets its memory once the application has closed the
 * batches it holds, its message completes, and the next in line becomes first.
 *
 * <p>The line is first come, first served, except that peers which have completed such a message
 * before go ahead of strangers, who may claim much and then send nothing. After {@value #OVERTAKES}
 * of them it is a stranger's turn: at once if it fits into what others may hold, or else when
 * nobody is first. The first is overtaken by nobody.
 *
 * <p>Where it is the JVM that has no direct memory, nobody tells when there is some again: the gate
 * asks again after a while, ever more seldom, because each refusal stops the loop until the JVM has
 * collected garbage.
 */
public final class MemoryGate {
  /** The memory of one connection's message that is being received. */
  abstract static class Claim {
    private long heldBytes;
    private int wantedBytes;
    private boolean known;

    /** Tells whether the peer has completed such a message before, from the next request on. */
    final void setKnown(boolean newKnown) {
      known = newKnown;
    }

    /** Hands over a lease that was asked for earlier. */
    abstract void granted(Lease lease);
  }

  /** Grants to known peers while strangers wait, until it is a stranger's turn. */
  static final int OVERTAKES = 16;

  static final long FIRST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  static final long LAST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(1600);

  private final TensorPool pool;
  private final Scheduler scheduler;
  private final long othersBytes;
  private final Runnable retrySoon;
  private final Runnable retryLater;
  private final ShortFrames shortFrames = new ShortFrames();
  private final Deque<Claim> known = new ArrayDeque<>();
  private final Deque<Claim> strangers = new ArrayDeque<>();
  private @Nullable Claim first;
  private boolean firstWaits;
  private int overtakes;
  private long othersHeld;
  private long retryNanos = FIRST_RETRY_NANOS;
  private Scheduler.@Nullable Timer retryTimer;

  /**
   * Makes a gate.
   *
   * @param maxMessageBytes the largest message that a peer may send
   */
  public MemoryGate(TensorPool pool, long maxMessageBytes, Scheduler scheduler) {
    this.pool = pool;
    this.scheduler = scheduler;
    this.retrySoon = () -> scheduler.execute(this::retry);
    this.retryLater = this::retryLater;
    // A slab is at most half as long again as what it is leased for.
    this.othersBytes = Math.max(0, pool.budgetBytes() - maxMessageBytes - maxMessageBytes / 2);
  }

  /** {@return where the short frames of all connections get theirs} */
  ShortFrames shortFrames() {
    return shortFrames;
  }

  /**
   * Asks for memory for a frame. A claim asks again only after it was granted.
   *
   * @return the lease, or null if it comes later through {@link Claim#granted}
   */
  @Nullable Lease request(Claim claim, int length) {
    claim.wantedBytes = length;
    Lease lease = mayGoAhead(claim) ? tryGrant(claim) : null;
    if (lease != null) {
      return lease;
    }
    if (claim == first) {
      firstWaits = true;
    } else {
      line(claim).addLast(claim);
    }
    return null;
  }

  private Deque<Claim> line(Claim claim) {
    return claim.known ? known : strangers;
  }

  private boolean mayGoAhead(Claim claim) {
    if (claim == first) {
      return true;
    }
    boolean mayOvertake = claim.known && !isStrangersTurn();
    return !firstWaits && known.isEmpty() && (mayOvertake || strangers.isEmpty());
  }

  private boolean isStrangersTurn() {
    Claim next = strangers.peekFirst();
    if (next == null || overtakes < OVERTAKES) {
      return false;
    }
    // One that wants more than others may hold waits to be first, and others need not wait for it.
    return first == null || TensorPool.slabBytes(next.wantedBytes) <= othersBytes;
  }

  /** Ends a claim: its message is complete, or was given up. Its leases are the caller's. */
  void end(Claim claim) {
    if (claim == first) {
      first = null;
      firstWaits = false;
    } else {
      line(claim).remove(claim);
      othersHeld -= claim.heldBytes;
    }
    claim.heldBytes = 0;
    if (next() != null) {
      scheduler.execute(this::retry);
    }
  }

  private @Nullable Claim next() {
    if (firstWaits) {
      return first;
    }
    return known.isEmpty() || isStrangersTurn() ? strangers.peekFirst() : known.peekFirst();
  }

  private void retry() {
    for (Claim next = next(); next != null; next = next()) {
      boolean wasFirst = next == first;
      Lease lease = tryGrant(next);
      if (!wasFirst && (lease != null || next == first)) {
        line(next).remove(next);
      }
      firstWaits = next == first ? lease == null : firstWaits;
      if (lease == null) {
        return;
      }
      next.granted(lease);
    }
  }

  private void retryLater() {
    if (retryTimer == null) {
      retryTimer =
          scheduler.schedule(
              retryNanos,
              () -> {
                retryTimer = null;
                retry();
              });
      retryNanos = Math.min(2 * retryNanos, LAST_RETRY_NANOS);
    }
  }

  private @Nullable Lease tryGrant(Claim claim) {
    if (first == null) {
      first = claim;
      othersHeld -= claim.heldBytes;
    }
    int slab = TensorPool.slabBytes(claim.wantedBytes);
    if (claim != first && othersHeld + slab > othersBytes) {
      return null;
    }
    Lease lease = pool.tryLease(claim.wantedBytes, retrySoon, retryLater);
    if (lease != null) {
      retryNanos = FIRST_RETRY_NANOS;
      overtakes = claim.known && !strangers.isEmpty() ? overtakes + 1 : 0;
      claim.heldBytes += slab;
      if (claim != first) {
        othersHeld += slab;
      }
    }
    return lease;
  }
}
