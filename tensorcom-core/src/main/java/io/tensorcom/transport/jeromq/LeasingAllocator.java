// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorPool;
import java.lang.ref.Cleaner;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import zmq.Msg;
import zmq.msg.MsgAllocator;

/**
 * Leases the memory that frames are received into, on JeroMQ's I/O thread.
 *
 * <p>While the pool is dry it blocks that thread, which reads nothing then, so that TCP holds the
 * senders back. The one case in which that would never end is a pool spent on half-received
 * messages: when the consumer waits although the application holds nothing, the frame goes to the
 * heap.
 */
final class LeasingAllocator implements MsgAllocator {
  /** Frames up to this size go to the heap: headers, and labels, which the decoder copies. */
  static final int HEAP_UP_TO = 1024;

  private static final Cleaner CLEANER = Cleaner.create();
  private static final Duration PATIENCE = Duration.ofMillis(100);

  /** A frame in leased memory; the lease comes back by itself if nobody takes the frame. */
  static final class LeasedMsg extends Msg {
    private final Undelivered undelivered;

    LeasedMsg(Undelivered undelivered) {
      super(undelivered.lease.buffer());
      this.undelivered = undelivered;
    }

    /** Transfers the lease to the caller. */
    @Nullable Lease takeLease() {
      return undelivered.take() ? undelivered.lease : null;
    }
  }

  /** A lease that the application has not got yet. */
  private static final class Undelivered implements Runnable {
    private final Lease lease;
    private final Set<Undelivered> all;

    Undelivered(Lease lease, Set<Undelivered> all) {
      this.lease = lease;
      this.all = all;
      all.add(this);
    }

    boolean take() {
      return all.remove(this);
    }

    @Override
    public void run() {
      if (take()) {
        lease.release();
      }
    }
  }

  private final TensorPool pool;
  private final long maxFrameBytes;
  private final BooleanSupplier closed;
  private final BooleanSupplier consumerWaits;
  private final Runnable onRefused;
  private final Set<Undelivered> undelivered = ConcurrentHashMap.newKeySet();
  private final LongAdder heapFrames = new LongAdder();

  LeasingAllocator(
      TensorPool pool,
      long maxFrameBytes,
      BooleanSupplier closed,
      BooleanSupplier consumerWaits,
      Runnable onRefused) {
    this.pool = pool;
    this.maxFrameBytes = maxFrameBytes;
    this.closed = closed;
    this.consumerWaits = consumerWaits;
    this.onRefused = onRefused;
  }

  @Override
  public Msg allocate(int size) {
    if (size < 0 || size > maxFrameBytes) {
      // JeroMQ 0.6.0 lets lengths with the top bit set pass its own limit, and an exception here
      // would leave its I/O thread turning for ever. What follows on the connection is garbage, and
      // the source drops all until it has opened its connections again.
      onRefused.run();
      return new Msg(0);
    }
    if (size <= HEAP_UP_TO) {
      return new Msg(size);
    }
    Lease lease = lease(size);
    if (lease == null) {
      heapFrames.increment();
      return new Msg(size);
    }
    Undelivered state = new Undelivered(lease, undelivered);
    LeasedMsg msg = new LeasedMsg(state);
    CLEANER.register(msg, state);
    return msg;
  }

  private @Nullable Lease lease(int size) {
    try {
      while (!closed.getAsBoolean()) {
        Lease lease = pool.lease(size, PATIENCE);
        if (lease != null) {
          return lease;
        }
        if (consumerWaits.getAsBoolean() && pool.stats().leases() <= undelivered.size()) {
          return null;
        }
      }
    } catch (InterruptedException | IllegalStateException e) {
      // The context ends, or the pool has been closed: the frame will not be delivered.
      return null;
    }
    return null;
  }

  long heapFrames() {
    return heapFrames.sum();
  }

  /** Releases what nobody will take: only when JeroMQ's threads have ended. */
  void releaseAll() {
    undelivered.forEach(Undelivered::run);
  }
}
