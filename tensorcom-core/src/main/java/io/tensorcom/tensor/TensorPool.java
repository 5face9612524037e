// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leases slabs of direct memory, aligned to 64 bytes, under a budget in bytes.
 *
 * <p>Slabs come in size classes (powers of two and the steps half way between) and are kept when
 * they come back, so in the steady state nothing is allocated. When the budget is spent on idle
 * slabs of other classes, those are dropped for the garbage collector. The budget counts whole
 * slabs. The content of a new lease is undefined.
 *
 * <p>A lease that becomes unreachable while held is reported as a {@link LeakReport}, by default as
 * a warning in the log. In checked mode every lease records where it was allocated and released,
 * and a slab that comes back is overwritten with {@link #POISON}.
 *
 * <p>Thread-safe.
 */
public final class TensorPool implements AutoCloseable {
  /** The byte that a returned slab is filled with in checked mode. */
  public static final byte POISON = (byte) 0xDB;

  private static final Logger LOG = LoggerFactory.getLogger(TensorPool.class);
  private static final Cleaner CLEANER = Cleaner.create();
  private static final int ALIGNMENT = 64;
  private static final int TRACE_ONE_IN = 256;
  private static final long LARGEST_DEFAULT_BUDGET = 512L << 20;

  /** Memory that is leased again and again; a view of the usual length is kept with it. */
  private static final class Slab {
    private final ByteBuffer memory;
    private ByteBuffer region;

    Slab(ByteBuffer memory) {
      this.memory = memory;
      this.region = memory.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** {@return a view of so many bytes; whoever holds the slab does not move its position} */
    ByteBuffer region(int length) {
      if (region.capacity() != length) {
        region = memory.slice(0, length).order(ByteOrder.LITTLE_ENDIAN);
      }
      return region;
    }
  }

  /** One slab on its way from lease to lease, and what a leak report needs. */
  private final class SlabMemory extends Lease.Memory implements Runnable {
    private final Slab slab;
    private final int sizeClass;
    private final int length;
    private final @Nullable Throwable allocatedAt;
    private volatile @Nullable Throwable releasedAt;
    private Cleaner.@Nullable Cleanable cleanable;

    SlabMemory(Slab slab, int sizeClass, int length) {
      super(null);
      this.slab = slab;
      this.sizeClass = sizeClass;
      this.length = length;
      this.allocatedAt =
          checked || ThreadLocalRandom.current().nextInt(TRACE_ONE_IN) == 0
              ? new Throwable("allocated here")
              : null;
    }

    @Override
    void returned() {
      if (checked) {
        releasedAt = new Throwable("released here");
        poison(slab.memory);
      }
      if (cleanable != null) {
        cleanable.clean();
      }
      giveBack(slab, sizeClass);
    }

    @Override
    @Nullable Throwable releasedAt() {
      return releasedAt;
    }

    /** Runs when the lease is unreachable, and once more, without effect, after a release. */
    @Override
    public void run() {
      if (abandon()) {
        leaked(sizeClass, new LeakReport(length, allocatedAt));
      }
    }
  }

  private final long budgetBytes;
  private final boolean checked;
  private final Consumer<LeakReport> leakListener;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition memoryReturned = lock.newCondition();

  // Guarded by lock.
  private final Deque<Slab>[] idle;
  private long leasedBytes;
  private long idleBytes;
  private final List<Runnable> returnListeners = new ArrayList<>();
  private int leases;
  private long leaks;
  private long exhaustions;
  private boolean closed;

  private TensorPool(Builder builder) {
    this.budgetBytes = builder.budgetBytes;
    this.checked = builder.checked;
    this.leakListener = builder.leakListener;
    @SuppressWarnings({"unchecked", "rawtypes"})
    Deque<Slab>[] lists =
        Stream.generate(ArrayDeque::new).limit(SizeClass.COUNT).toArray(Deque[]::new);
    this.idle = lists;
  }

  /** {@return a pool with this budget in bytes and otherwise the defaults} */
  public static TensorPool ofBudget(long budgetBytes) {
    return builder().budgetBytes(budgetBytes).build();
  }

  /** {@return a builder with the default budget and checked mode off} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the smaller of 512 MiB and half of what the JVM allows for direct memory} */
  public static long defaultBudgetBytes() {
    return Math.min(LARGEST_DEFAULT_BUDGET, DirectMemory.limitBytes() / 2);
  }

  /** {@return the budget in bytes} */
  public long budgetBytes() {
    return budgetBytes;
  }

  /**
   * Leases memory if there is some at once; the caller holds the lease.
   *
   * @param length bytes, at least 0
   * @return the lease, or null if the budget is spent
   */
  public @Nullable Lease tryLease(int length) {
    return tryLease(length, null);
  }

  /**
   * Leases memory if there is some at once, and otherwise tells when it is worth trying again; the
   * caller holds the lease.
   *
   * @param length bytes, at least 0
   * @param onReturn runs once when the next lease comes back, if this call answers null; on the
   *     thread that gives it back; must not block or throw
   * @return the lease, or null if the budget is spent
   */
  public @Nullable Lease tryLease(int length, @Nullable Runnable onReturn) {
    int sizeClass = checkedSizeClass(length);
    Slab slab;
    lock.lock();
    try {
      slab = reserve(sizeClass);
      if (slab == null) {
        exhaustions++;
        if (onReturn != null) {
          returnListeners.add(onReturn);
        }
        return null;
      }
    } finally {
      lock.unlock();
    }
    return leaseOf(slab, sizeClass, length);
  }

  /**
   * Leases memory at once; the caller holds the lease.
   *
   * @throws PoolExhaustedException if the budget is spent
   */
  public Lease lease(int length) {
    Lease lease = tryLease(length);
    if (lease == null) {
      throw new PoolExhaustedException(length, stats());
    }
    return lease;
  }

  /**
   * Leases memory, waiting for other leases to come back; the caller holds the lease.
   *
   * @return the lease, or null if the budget was still spent when the time was over
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public @Nullable Lease lease(int length, Duration timeout) throws InterruptedException {
    int sizeClass = checkedSizeClass(length);
    long nanos = TimeUnit.NANOSECONDS.convert(timeout);
    Slab slab;
    lock.lockInterruptibly();
    try {
      slab = reserve(sizeClass);
      if (slab == null) {
        exhaustions++;
      }
      while (slab == null) {
        if (nanos <= 0) {
          return null;
        }
        nanos = memoryReturned.awaitNanos(nanos);
        slab = reserve(sizeClass);
      }
    } finally {
      lock.unlock();
    }
    return leaseOf(slab, sizeClass, length);
  }

  /** {@return what the pool holds at this moment} */
  public PoolStats stats() {
    lock.lock();
    try {
      return new PoolStats(budgetBytes, leasedBytes, idleBytes, leases, leaks, exhaustions);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until no lease is held.
   *
   * @return whether that was so before the time was over
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public boolean awaitNoLeases(Duration timeout) throws InterruptedException {
    long nanos = TimeUnit.NANOSECONDS.convert(timeout);
    lock.lockInterruptibly();
    try {
      while (leases > 0) {
        if (nanos <= 0) {
          return false;
        }
        nanos = memoryReturned.awaitNanos(nanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lets go of all idle slabs and leases nothing more. Leases that are held stay valid; their slabs
   * are dropped when they come back.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      for (Deque<Slab> list : idle) {
        list.clear();
      }
      idleBytes = 0;
      memoryReturned.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** {@return the bytes that a lease of this length takes from the budget} */
  public static int slabBytes(int length) {
    return SizeClass.bytes(SizeClass.of(length));
  }

  private int checkedSizeClass(int length) {
    if (length < 0) {
      throw new IllegalArgumentException("length: " + length + " (expected: >= 0)");
    }
    int sizeClass = SizeClass.of(length);
    if (SizeClass.bytes(sizeClass) > budgetBytes) {
      throw new IllegalArgumentException(
          "lease larger than the pool: length=" + length + ", budgetBytes=" + budgetBytes);
    }
    return sizeClass;
  }

  /** Takes an idle slab or makes one, within the budget. The lock is held. */
  private @Nullable Slab reserve(int sizeClass) {
    if (closed) {
      throw new IllegalStateException("tensor pool is closed");
    }
    int bytes = SizeClass.bytes(sizeClass);
    Slab slab = idle[sizeClass].pollFirst();
    if (slab != null) {
      idleBytes -= bytes;
    } else {
      if (leasedBytes + bytes > budgetBytes) {
        return null;
      }
      dropIdle(leasedBytes + idleBytes + bytes - budgetBytes);
      slab = allocate(bytes);
      if (slab == null) {
        return null;
      }
    }
    leasedBytes += bytes;
    leases++;
    return slab;
  }

  private void dropIdle(long excess) {
    long rest = excess;
    for (int i = SizeClass.COUNT - 1; i >= 0 && rest > 0; i--) {
      while (rest > 0 && idle[i].pollLast() != null) {
        rest -= SizeClass.bytes(i);
        idleBytes -= SizeClass.bytes(i);
      }
    }
  }

  private static @Nullable Slab allocate(int bytes) {
    try {
      ByteBuffer memory = ByteBuffer.allocateDirect(bytes + ALIGNMENT - 1);
      int misalignment = memory.alignmentOffset(0, ALIGNMENT);
      return new Slab(memory.slice(misalignment == 0 ? 0 : ALIGNMENT - misalignment, bytes));
    } catch (OutOfMemoryError e) {
      // The JVM's own limit is below our budget: the same to the caller as a spent budget.
      LOG.warn(
          "no direct memory for a slab of {} bytes; raise -XX:MaxDirectMemorySize or lower the"
              + " pool's budget",
          bytes);
      return null;
    }
  }

  private Lease leaseOf(Slab slab, int sizeClass, int length) {
    SlabMemory memory = new SlabMemory(slab, sizeClass, length);
    Lease lease = new Lease(slab.region(length), memory, this);
    memory.cleanable = CLEANER.register(lease, memory);
    return lease;
  }

  private void giveBack(Slab slab, int sizeClass) {
    List<Runnable> listeners;
    lock.lock();
    try {
      listeners = takeListeners();
      int bytes = SizeClass.bytes(sizeClass);
      leasedBytes -= bytes;
      leases--;
      if (!closed) {
        // Last in, first out: the slab most likely to be in the cache still.
        idle[sizeClass].addFirst(slab);
        idleBytes += bytes;
      }
      memoryReturned.signalAll();
    } finally {
      lock.unlock();
    }
    if (!listeners.isEmpty()) {
      listeners.forEach(Runnable::run);
    }
  }

  private List<Runnable> takeListeners() {
    if (returnListeners.isEmpty()) {
      return List.of();
    }
    List<Runnable> taken = List.copyOf(returnListeners);
    returnListeners.clear();
    return taken;
  }

  private void leaked(int sizeClass, LeakReport report) {
    List<Runnable> listeners;
    lock.lock();
    try {
      listeners = takeListeners();
      leasedBytes -= SizeClass.bytes(sizeClass);
      leases--;
      leaks++;
      memoryReturned.signalAll();
    } finally {
      lock.unlock();
    }
    listeners.forEach(Runnable::run);
    leakListener.accept(report);
  }

  private static void poison(ByteBuffer slab) {
    for (int i = 0; i < slab.capacity(); i++) {
      slab.put(i, POISON);
    }
  }

  @Override
  public String toString() {
    return "TensorPool[" + stats() + ", checked=" + checked + "]";
  }

  /** Configures a {@link TensorPool}. Not thread-safe. */
  public static final class Builder {
    private long budgetBytes = defaultBudgetBytes();
    private boolean checked;
    private Consumer<LeakReport> leakListener =
        leak ->
            LOG.warn(
                "lease leaked: length={}; close every batch{}",
                leak.length(),
                leak.allocatedAt() == null ? " (checked mode tells where it was allocated)" : "",
                leak.allocatedAt());

    private Builder() {}

    /** Sets what the pool may hold at most, in bytes; at least 256. */
    public Builder budgetBytes(long budgetBytes) {
      if (budgetBytes < SizeClass.SMALLEST) {
        throw new IllegalArgumentException(
            "budgetBytes: " + budgetBytes + " (expected: >= " + SizeClass.SMALLEST + ")");
      }
      this.budgetBytes = budgetBytes;
      return this;
    }

    /** Turns checked mode on or off: places recorded for every lease, returned slabs poisoned. */
    public Builder checked(boolean checked) {
      this.checked = checked;
      return this;
    }

    /** Sets who is told of leaks, on a thread of the JVM's; must not block or throw. */
    public Builder leakListener(Consumer<LeakReport> leakListener) {
      this.leakListener = Objects.requireNonNull(leakListener, "leakListener");
      return this;
    }

    /** {@return a new pool} */
    public TensorPool build() {
      return new TensorPool(this);
    }
  }
}
