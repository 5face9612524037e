// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A reference-counted region of memory: from a {@link TensorPool}, or a user's own buffer.
 *
 * <p>A lease starts with one hold. {@link #retain()} adds one, {@link #release()} gives one back;
 * with the last the memory returns to its pool (or to its owner's callback) and every further use
 * throws. A lease from a pool that becomes unreachable while it is held is a leak: it is reported,
 * and its slab is left to the garbage collector, because a view of it may still be in use.
 *
 * <p>Thread-safe. Views handed out by {@link #buffer()} are as safe as any {@link ByteBuffer}; they
 * are valid until the last hold is given back.
 */
public final class Lease {
  /** What happens when the last hold is given back; survives the lease itself. */
  static class Memory {
    private static final AtomicIntegerFieldUpdater<Memory> HOLDS =
        AtomicIntegerFieldUpdater.newUpdater(Memory.class, "holds");

    private volatile int holds = 1;
    private final @Nullable Runnable onRelease;

    Memory(@Nullable Runnable onRelease) {
      this.onRelease = onRelease;
    }

    void returned() {
      if (onRelease != null) {
        onRelease.run();
      }
    }

    @Nullable Throwable releasedAt() {
      return null;
    }

    final int holds() {
      return holds;
    }

    /** Takes every hold away, for a lease that nobody can reach any more. */
    final boolean abandon() {
      return HOLDS.getAndSet(this, 0) > 0;
    }
  }

  private final ByteBuffer region;
  private final Memory memory;
  private final @Nullable TensorPool pool;

  Lease(ByteBuffer region, Memory memory, @Nullable TensorPool pool) {
    this.region = region;
    this.memory = memory;
    this.pool = pool;
  }

  /**
   * Makes a lease over memory that belongs to the caller, from the buffer's position to its limit.
   *
   * @param buffer memory that stays valid and, while held, unchanged until {@code onRelease}
   * @param onRelease runs once, on the thread that gives back the last hold; must not block or
   *     throw
   */
  public static Lease of(ByteBuffer buffer, @Nullable Runnable onRelease) {
    Objects.requireNonNull(buffer, "buffer");
    return new Lease(buffer.slice().order(ByteOrder.LITTLE_ENDIAN), new Memory(onRelease), null);
  }

  /** {@return the length of the region in bytes} */
  public int length() {
    return region.capacity();
  }

  /**
   * {@return a new little-endian view of the whole region, position 0; borrowed, valid while held}
   *
   * @throws IllegalStateException if the lease has been released
   */
  public ByteBuffer buffer() {
    checkHeld();
    return region.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * {@return a new little-endian view of a part of the region; borrowed, valid while held}
   *
   * @throws IllegalStateException if the lease has been released
   */
  public ByteBuffer buffer(int offset, int length) {
    checkHeld();
    return region.slice(offset, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Copies what remains of a buffer, whose position stays, to the start of the region.
   *
   * @throws IndexOutOfBoundsException if the region is too short
   * @throws IllegalStateException if the lease has been released
   */
  public void fill(ByteBuffer source) {
    checkHeld();
    region.put(0, source, source.position(), source.remaining());
  }

  /** {@return the pool the memory comes from, or null for a user's own memory} */
  public @Nullable TensorPool pool() {
    return pool;
  }

  /** {@return the number of holds at this moment; 0 once released} */
  public int holds() {
    return memory.holds;
  }

  /**
   * Adds a hold.
   *
   * @return this lease
   * @throws IllegalStateException if the lease has been released
   */
  public Lease retain() {
    int before;
    do {
      before = memory.holds;
      if (before == 0) {
        throw released("retain");
      }
    } while (!Memory.HOLDS.compareAndSet(memory, before, before + 1));
    return this;
  }

  /**
   * Gives one hold back; with the last one the memory returns to its owner.
   *
   * @throws IllegalStateException if the lease has been released already
   */
  public void release() {
    try {
      int before;
      do {
        before = memory.holds;
        if (before == 0) {
          throw released("release");
        }
      } while (!Memory.HOLDS.compareAndSet(memory, before, before - 1));
      if (before == 1) {
        memory.returned();
      }
    } finally {
      // Until here the cleaner must not take this lease for a leak.
      Reference.reachabilityFence(this);
    }
  }

  private void checkHeld() {
    if (memory.holds == 0) {
      throw released("use");
    }
  }

  private IllegalStateException released(String action) {
    return new IllegalStateException(
        action + " after release: length=" + region.capacity(), memory.releasedAt());
  }

  @Override
  public String toString() {
    return "Lease[length=" + length() + ", holds=" + holds() + "]";
  }
}
