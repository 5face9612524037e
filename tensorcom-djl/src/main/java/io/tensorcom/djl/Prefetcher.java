// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import io.tensorcom.EpochReport;
import io.tensorcom.tensor.TensorBatch;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches that are received, converted and moved to the device ahead of the trainer by a thread of
 * its own, as many and as large as allowed; over the end of an epoch into the next one, but not
 * over two.
 */
final class Prefetcher implements AutoCloseable {
  /** Where batches come from, epoch by epoch. */
  interface Source {
    /**
     * Waits for the next batch of the epoch, null at its end.
     *
     * @param isBegun whether the trainer waits for the epoch, so that time counts
     */
    @Nullable TensorBatch next(BooleanSupplier isBegun) throws InterruptedException;

    /** {@return how the last epoch ended} */
    EpochEnd state();

    /** Begins the next epoch. */
    void beginNext();
  }

  /** Makes of it what the trainer gets; null to leave it out. */
  interface Step {
    /** Converts a batch, which passes over. */
    @Nullable LoadedBatch convert(TensorBatch batch);
  }

  /**
   * How an epoch ended.
   *
   * @param isLast whether nothing is to be read ahead behind it
   */
  record EpochEnd(EpochReport report, boolean isStreamEnded, boolean isLast) {}

  /**
   * What may be.
   *
   * @param batches that are ready
   * @param bytes of them, as converted
   * @param closing how long closing waits for the thread
   */
  record Limits(int batches, long bytes, Duration closing) {}

  /** A batch or the end of an epoch. */
  private record Ready(@Nullable LoadedBatch batch, @Nullable EpochEnd end, long sinceNanos) {}

  private static final long SHORTEST_LOOK = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long LONGEST_LOOK = TimeUnit.MILLISECONDS.toNanos(20);

  private static final Logger LOG = LoggerFactory.getLogger(Prefetcher.class);

  private final Source source;
  private final Step step;
  private final Limits limits;
  private final LoadCounters counters;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** What conversions make of a byte; known from the batch before. */
  private double growth = 1;

  // Guarded by lock.
  private final Deque<Ready> queue = new ArrayDeque<>();
  private long takenNanos = System.nanoTime();
  private int queuedBatches;
  private long queuedBytes;
  private int readEpoch;
  private int takenEpoch = -1;
  private boolean atEnd = true;
  private @Nullable EpochEnd lastEnd;
  private boolean ended;
  private boolean closed;
  private @Nullable Thread worker;
  private @Nullable Throwable failure;
  private @Nullable Future<?> task;

  Prefetcher(Source source, Step step, Limits limits, LoadCounters counters) {
    this.source = source;
    this.step = step;
    this.limits = limits;
    this.counters = counters;
  }

  void start(ExecutorService executor) {
    lock.lock();
    try {
      task = executor.submit(this::run);
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    Throwable thrown = null;
    try {
      boolean goesOn = begins();
      while (goesOn) {
        TensorBatch batch = source.next(this::isBegun);
        goesOn = batch == null ? endEpoch() : offer(batch);
      }
    } catch (InterruptedException e) {
      // Closed by the trainer's side; nobody waits for an answer.
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      thrown = e;
    }
    lock.lock();
    try {
      failure = thrown;
      ended = true;
      worker = null;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean begins() {
    lock.lock();
    try {
      worker = Thread.currentThread();
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private boolean isBegun() {
    lock.lock();
    try {
      return readEpoch <= takenEpoch;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for room before it converts, so that no more is on the device than allowed. */
  private boolean offer(TensorBatch batch) throws InterruptedException {
    long received = batch.byteSize();
    long expected = (long) (received * growth);
    boolean mayConvert = false;
    lock.lock();
    try {
      while (!closed
          && queuedBatches > 0
          && (queuedBatches >= limits.batches || queuedBytes + expected > limits.bytes)) {
        var unused = changed.awaitNanos(untilNextLook());
      }
      mayConvert = !closed;
    } finally {
      lock.unlock();
      if (!mayConvert) {
        batch.close();
      }
    }
    LoadedBatch converted = mayConvert ? step.convert(batch) : null;
    if (converted == null) {
      return mayConvert;
    }
    growth = received == 0 ? growth : (double) converted.byteSize() / received;
    return add(new Ready(converted, null, System.nanoTime()));
  }

  /**
   * Who takes a batch and leaves others does not tell of the room: that would cost a system call,
   * and the processor, if the scheduler lets the thread run there that is woken.
   */
  private long untilNextLook() {
    return Math.min(LONGEST_LOOK, Math.max(SHORTEST_LOOK, (System.nanoTime() - takenNanos) / 4));
  }

  private boolean add(Ready ready) {
    LoadedBatch batch = ready.batch;
    lock.lock();
    try {
      if (!closed) {
        queue.addLast(ready);
        count(ready, 1);
        changed.signalAll();
        return true;
      }
    } finally {
      lock.unlock();
    }
    if (batch != null) {
      batch.close();
    }
    return false;
  }

  private void count(Ready ready, int sign) {
    if (ready.batch != null) {
      queuedBatches += sign;
      queuedBytes += sign * ready.batch.byteSize();
    }
  }

  /** {@return whether to go on into the next epoch}; waits while the trainer is not in this one. */
  private boolean endEpoch() throws InterruptedException {
    lock.lock();
    try {
      while (!closed && readEpoch > takenEpoch) {
        changed.await();
      }
      if (closed) {
        return false;
      }
      EpochEnd end = source.state();
      source.beginNext();
      readEpoch++;
      queue.addLast(new Ready(null, end, System.nanoTime()));
      // At once: who takes this end must not begin an epoch here.
      ended = end.isLast;
      changed.signalAll();
      return !end.isLast;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Begins the next epoch; what is left of the one before is dropped.
   *
   * @return its number; -1 if this one has come to its end, or has not yet read that of the epoch
   *     before
   */
  int beginEpoch() {
    List<LoadedBatch> left = new ArrayList<>();
    lock.lock();
    try {
      boolean readOn = atEnd || queue.stream().anyMatch(ready -> ready.end != null);
      if (closed || !readOn) {
        return -1;
      }
      while (!atEnd) {
        LoadedBatch batch = remove().batch;
        if (batch != null) {
          left.add(batch);
        }
      }
      if (ended && queue.isEmpty() && failure == null) {
        return -1;
      }
      atEnd = false;
      changed.signalAll();
      return ++takenEpoch;
    } finally {
      lock.unlock();
      left.forEach(LoadedBatch::close);
    }
  }

  private Ready remove() {
    Ready ready = queue.removeFirst();
    count(ready, -1);
    takenNanos = System.nanoTime();
    if (ready.end != null) {
      atEnd = true;
      lastEnd = ready.end;
    }
    return ready;
  }

  /**
   * Waits for a batch, which stays here until it is taken.
   *
   * @param epoch that {@link #beginEpoch} returned
   * @return false at the end of the epoch
   * @throws IllegalStateException if the dataset is closed, or the thread is interrupted
   */
  boolean awaitBatch(int epoch) {
    long start = System.nanoTime();
    try {
      return ready(epoch, false).batch != null;
    } finally {
      counters.waited(System.nanoTime() - start);
    }
  }

  /**
   * As {@link #awaitBatch}, and takes it.
   *
   * @param manager in whose sub-manager the arrays are then
   * @return null at the end of the epoch
   */
  @Nullable Batch take(int epoch, NDManager manager) {
    long start = System.nanoTime();
    Batch batch = null;
    try {
      Ready ready = ready(epoch, true);
      if (ready.batch != null) {
        long lain = System.nanoTime() - ready.sinceNanos;
        batch = ready.batch.handTo(manager, counters);
        counters.waited(System.nanoTime() - start);
        counters.taken(batch.getSize(), lain);
      }
    } finally {
      if (batch == null) {
        counters.waited(System.nanoTime() - start);
      }
      tellOfRoomIfNothingIsLeft();
    }
    return batch;
  }

  private void tellOfRoomIfNothingIsLeft() {
    lock.lock();
    try {
      if (queuedBatches == 0) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits for what is next; an end is taken in any case. */
  private Ready ready(int epoch, boolean takes) {
    lock.lock();
    try {
      while (queue.isEmpty() && !ended && isCurrent(epoch)) {
        changed.await();
      }
      if (!isCurrent(epoch)) {
        throw new IllegalStateException("the dataset is closed, or is read by another iterator");
      }
      if (queue.isEmpty()) {
        // The end of an epoch may be what went wrong.
        lastEnd = source.state();
        rethrow();
      }
      Ready first = queue.getFirst();
      return takes || first.end != null ? remove() : first;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a batch", e);
    } finally {
      lock.unlock();
    }
  }

  private boolean isCurrent(int epoch) {
    return !closed && epoch == takenEpoch;
  }

  private void rethrow() {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
    throw new IllegalStateException("interrupted while prefetching");
  }

  /** {@return how the last epoch ended that the trainer read to its end; null before} */
  @Nullable EpochEnd lastEnd() {
    lock.lock();
    try {
      return lastEnd;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Stops, gives back what nobody took, and waits for the thread to be done; one that is not in
   * time is named in the log, and what it holds goes back when it is. Idempotent.
   */
  @Override
  public void close() {
    List<Ready> left;
    Thread late;
    lock.lock();
    try {
      closed = true;
      left = new ArrayList<>(queue);
      queue.clear();
      changed.signalAll();
      if (!ended && task != null) {
        task.cancel(true);
      }
      late = awaitWorker();
    } finally {
      lock.unlock();
    }
    for (Ready ready : left) {
      if (ready.batch != null) {
        ready.batch.close();
      }
    }
    if (late != null) {
      LOG.warn(
          "closed, but the thread {} still runs a transform after {} ms: what it holds goes back"
              + " when it is done",
          late.getName(),
          limits.closing.toMillis());
    }
  }

  /**
   * What it holds is to be back before close returns, even if that is interrupted.
   *
   * @return the thread if it is not done in time; null if it is, or is this one, in a transform
   */
  private @Nullable Thread awaitWorker() {
    boolean interrupted = false;
    long left = limits.closing.toNanos();
    while (worker != null && worker != Thread.currentThread() && left > 0) {
      try {
        left = changed.awaitNanos(left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return worker == Thread.currentThread() ? null : worker;
  }

  /** {@return the thread that prefetches; null if none does} */
  @Nullable Thread running() {
    lock.lock();
    try {
      return worker;
    } finally {
      lock.unlock();
    }
  }
}
