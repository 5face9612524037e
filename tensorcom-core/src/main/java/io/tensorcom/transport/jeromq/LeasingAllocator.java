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
 *
 * <p>When the socket finishes, the I/O thread is blocked no longer than {@link #PATIENCE}: what it
 * decoded before the frame that finds no memory is handed over only after that. When it has ended
 * nothing is waited for.
 */
final class LeasingAllocator implements MsgAllocator {
  /** Frames up to this size go to the heap: headers, and labels, which the decoder copies. */
  static final int HEAP_UP_TO = 1024;

  private static final Cleaner CLEANER = Cleaner.create();

  /** How long it waits for memory before it looks at what else there is. */
  static final Duration PATIENCE = Duration.ofMillis(100);

  /** A frame in leased memory; the lease comes back by itself if nobody takes the frame. */
  static final class LeasedMsg extends Msg {
    private final Undelivered undelivered;
    private final boolean late;

    LeasedMsg(Undelivered undelivered, boolean late) {
      super(undelivered.lease.buffer());
      this.undelivered = undelivered;
      this.late = late;
    }

    /** Transfers the lease to the caller. */
    @Nullable Lease takeLease() {
      return undelivered.take() ? undelivered.lease : null;
    }
  }

  /** A frame on the heap that began after the socket did finish. */
  private static final class LateMsg extends Msg {
    LateMsg(int size) {
      super(size);
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
  private final BooleanSupplier consumerWaits;
  private final Runnable onRefused;
  private final Set<Undelivered> undelivered = ConcurrentHashMap.newKeySet();
  private final LongAdder heapFrames = new LongAdder();
  private volatile boolean finishing;
  private volatile boolean ended;

  LeasingAllocator(
      TensorPool pool, long maxFrameBytes, BooleanSupplier consumerWaits, Runnable onRefused) {
    this.pool = pool;
    this.maxFrameBytes = maxFrameBytes;
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
    boolean late = finishing;
    if (size <= HEAP_UP_TO) {
      return onHeap(size, late);
    }
    Lease lease = lease(size);
    if (lease == null) {
      heapFrames.increment();
      return onHeap(size, late);
    }
    Undelivered state = new Undelivered(lease, undelivered);
    LeasedMsg msg = new LeasedMsg(state, late);
    CLEANER.register(msg, state);
    return msg;
  }

  private static Msg onHeap(int size, boolean late) {
    return late ? new LateMsg(size) : new Msg(size);
  }

  private @Nullable Lease lease(int size) {
    try {
      while (!ended) {
        Lease lease = pool.lease(size, PATIENCE);
        if (lease != null) {
          return lease;
        }
        if (finishing
            || (consumerWaits.getAsBoolean() && pool.stats().leases() <= undelivered.size())) {
          return null;
        }
      }
      return pool.tryLease(size);
    } catch (InterruptedException | IllegalStateException e) {
      // The context ends, or the pool has been closed: the frame will not be delivered.
      return null;
    }
  }

  /** Tells late frames from now on: nobody is owed what they begin. */
  void finish() {
    finishing = true;
  }

  /** {@return whether a frame began after the socket did finish} */
  static boolean isLate(Msg frame) {
    return frame instanceof LateMsg || (frame instanceof LeasedMsg leased && leased.late);
  }

  /** Waits for memory no more: nobody takes anything from now on. */
  void end() {
    ended = true;
  }

  long heapFrames() {
    return heapFrames.sum();
  }

  /** Releases what nobody will take: only when JeroMQ's threads have ended. */
  void releaseAll() {
    undelivered.forEach(Undelivered::run);
  }
}
