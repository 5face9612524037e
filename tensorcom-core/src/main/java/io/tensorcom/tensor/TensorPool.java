// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntFunction;
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
  private static final int TRACE_ONE_IN = 128;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LARGEST_DEFAULT_BUDGET = 512L << 20;

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
          checked || made.getAndIncrement() % TRACE_ONE_IN == 0
              ? new Throwable("allocated here")
              : null;
    }

    @Override
    void returned() {
      if (checked) {
        releasedAt = new Throwable("released here");
        slab.fill(POISON);
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
  private final IntFunction<ByteBuffer> allocator;
  private final AtomicLong made = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition memoryReturned = lock.newCondition();

  // Guarded by lock.
  private final IdleSlabs idle = new IdleSlabs();
  private long leasedBytes;
  private final List<Runnable> returnListeners = new ArrayList<>();
  private int leases;
  private long leaks;
  private long exhaustions;
  private boolean refused;
  private boolean closed;

  private TensorPool(Builder builder) {
    this.budgetBytes = builder.budgetBytes;
    this.checked = builder.checked;
    this.leakListener = builder.leakListener;
    this.allocator = builder.allocator;
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
   * @return the lease, or null if the budget is spent or the JVM has no direct memory
   */
  public @Nullable Lease tryLease(int length) {
    return tryLease(length, null, null);
  }

  /**
   * Leases memory if there is some at once, and otherwise tells when it is worth trying again; the
   * caller holds the lease. If this call answers null, one of the two actions runs once; neither
   * may block or throw.
   *
   * @param length bytes, at least 0
   * @param onReturn where the budget is spent: runs when the next lease comes back, on the thread
   *     that gives it back
   * @param onRefusal where the JVM has no direct memory: runs within this call, because nobody
   *     tells when there is some again; ask again after a while, as each refusal takes the JVM up
   *     to half a second
   * @return the lease, or null
   */
  public @Nullable Lease tryLease(
      int length, @Nullable Runnable onReturn, @Nullable Runnable onRefusal) {
    int sizeClass = checkedSizeClass(length);
    Slab slab;
    lock.lock();
    try {
      if (!reserve(sizeClass)) {
        exhaustions++;
        if (onReturn != null) {
          returnListeners.add(onReturn);
        }
        return null;
      }
      slab = takeIdle(sizeClass);
    } finally {
      lock.unlock();
    }
    Lease lease = leaseOf(slab, sizeClass, length);
    if (lease == null && onRefusal != null) {
      onRefusal.run();
    }
    return lease;
  }

  /**
   * Leases memory at once; the caller holds the lease.
   *
   * @throws PoolExhaustedException if the budget is spent or the JVM has no direct memory
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
   * @return the lease, or null if there was still none when the time was over
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public @Nullable Lease lease(int length, Duration timeout) throws InterruptedException {
    int sizeClass = checkedSizeClass(length);
    long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    Slab slab;
    Lease lease;
    do {
      lock.lockInterruptibly();
      try {
        while (!reserve(sizeClass)) {
          long left = deadline - System.nanoTime();
          if (left <= 0) {
            exhaustions++;
            return null;
          }
          long unused = memoryReturned.awaitNanos(left);
        }
        slab = takeIdle(sizeClass);
      } finally {
        lock.unlock();
      }
      lease = leaseOf(slab, sizeClass, length);
    } while (lease == null && awaitRetry(deadline));
    return lease;
  }

  /** After a refusal of the JVM's: waits a while, or answers false because the time is over. */
  private static boolean awaitRetry(long deadline) throws InterruptedException {
    long left = deadline - System.nanoTime();
    TimeUnit.NANOSECONDS.sleep(Math.min(left, RETRY_NANOS));
    return left > 0;
  }

  /** {@return what the pool holds at this moment} */
  public PoolStats stats() {
    lock.lock();
    try {
      return new PoolStats(
          budgetBytes, leasedBytes, idle.bytes(), leases, leaks, exhaustions, refused);
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
      idle.drop(idle.bytes());
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

  /** Counts a slab as leased if the budget allows it. The lock is held. */
  private boolean reserve(int sizeClass) {
    if (closed) {
      throw new IllegalStateException("tensor pool is closed");
    }
    int bytes = SizeClass.bytes(sizeClass);
    if (leasedBytes + bytes > budgetBytes) {
      return false;
    }
    leasedBytes += bytes;
    leases++;
    return true;
  }

  /** {@return a slab for what is reserved, or null: one has to be made} The lock is held. */
  private @Nullable Slab takeIdle(int sizeClass) {
    Slab slab = idle.take(sizeClass);
    if (slab == null) {
      idle.drop(leasedBytes + idle.bytes() - budgetBytes);
    }
    return slab;
  }

  /** Makes what is reserved, without the lock: a large slab takes milliseconds to be zeroed. */
  private @Nullable Slab allocate(int sizeClass) {
    int bytes = SizeClass.bytes(sizeClass);
    Slab slab = Slab.allocate(allocator, bytes);
    if (slab == null && dropAllIdle()) {
      slab = Slab.allocate(allocator, bytes);
    }
    if (slab == null) {
      refused(sizeClass);
    } else if (refused) {
      noteGranted();
    }
    return slab;
  }

  /** {@return whether there was anything to drop} */
  private boolean dropAllIdle() {
    lock.lock();
    try {
      boolean any = idle.bytes() > 0;
      idle.drop(idle.bytes());
      return any;
    } finally {
      lock.unlock();
    }
  }

  private void noteGranted() {
    lock.lock();
    try {
      refused = false;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a reservation back; others may have been turned away because of it. */
  private void refused(int sizeClass) {
    boolean before;
    lock.lock();
    try {
      before = refused;
      refused = true;
      exhaustions++;
    } finally {
      lock.unlock();
    }
    if (!before) {
      LOG.warn(
          "no direct memory for a slab of {} bytes; raise -XX:MaxDirectMemorySize or lower the"
              + " budgets of pools",
          SizeClass.bytes(sizeClass));
    }
    giveBack(null, sizeClass);
  }

  private @Nullable Lease leaseOf(@Nullable Slab idleSlab, int sizeClass, int length) {
    Slab slab = idleSlab != null ? idleSlab : allocate(sizeClass);
    if (slab == null) {
      return null;
    }
    SlabMemory memory = new SlabMemory(slab, sizeClass, length);
    Lease lease = new Lease(slab.region(length), memory, this);
    memory.cleanable = CLEANER.register(lease, memory);
    return lease;
  }

  private void giveBack(@Nullable Slab slab, int sizeClass) {
    List<Runnable> listeners;
    lock.lock();
    try {
      listeners = takeListeners();
      leasedBytes -= SizeClass.bytes(sizeClass);
      leases--;
      if (slab != null && !closed) {
        idle.add(slab, sizeClass);
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

  @Override
  public String toString() {
    return "TensorPool[" + stats() + ", checked=" + checked + "]";
  }

  /** Configures a {@link TensorPool}. Not thread-safe. */
  public static final class Builder {
    private long budgetBytes = defaultBudgetBytes();
    private boolean checked;
    private IntFunction<ByteBuffer> allocator = ByteBuffer::allocateDirect;
    private Consumer<LeakReport> leakListener =
        leak ->
            LOG.warn(
                "lease leaked: length={}; close every batch{}",
                leak.length(),
                leak.allocatedAt() == null
                    ? " (one in 128 tells where it was allocated, in checked mode each)"
                    : "",
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

    /** Sets what makes direct memory, or throws {@link OutOfMemoryError}. */
    Builder allocator(IntFunction<ByteBuffer> allocator) {
      this.allocator = allocator;
      return this;
    }

    /** {@return a new pool} */
    public TensorPool build() {
      return new TensorPool(this);
    }
  }
}
