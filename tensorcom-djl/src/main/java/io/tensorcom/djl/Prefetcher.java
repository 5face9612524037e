// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.training.dataset.Batch;
import io.tensorcom.tensor.TensorBatch;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One epoch's batches, received, converted and moved to the device ahead of the trainer by a thread
 * of its own, as many and as large as allowed.
 */
final class Prefetcher implements AutoCloseable {
  /** Where batches come from. */
  interface Source {
    /** Waits for the next batch of the epoch, null at its end. */
    @Nullable TensorBatch next() throws InterruptedException;
  }

  /** Makes of it what the trainer gets; null to leave it out. */
  interface Step {
    /** Converts a batch, which passes over. */
    @Nullable Batch convert(TensorBatch batch);
  }

  private record Ready(Batch batch, long bytes, long sinceNanos) {}

  private final Source source;
  private final Step step;
  private final int maxBatches;
  private final long maxBytes;
  private final LoadCounters counters;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private final Deque<Ready> queue = new ArrayDeque<>();
  private long queuedBytes;
  private boolean ended;
  private boolean closed;
  private @Nullable Thread worker;
  private @Nullable Throwable failure;
  private @Nullable Future<?> task;

  Prefetcher(Source source, Step step, int maxBatches, long maxBytes, LoadCounters counters) {
    this.source = source;
    this.step = step;
    this.maxBatches = maxBatches;
    this.maxBytes = maxBytes;
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
      TensorBatch batch = begins() ? source.next() : null;
      while (batch != null && offer(batch)) {
        batch = source.next();
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

  /** Waits for room before it converts, so that no more is on the device than allowed. */
  private boolean offer(TensorBatch batch) throws InterruptedException {
    long bytes = batch.byteSize();
    boolean mayConvert = false;
    lock.lock();
    try {
      while (!closed
          && !queue.isEmpty()
          && (queue.size() >= maxBatches || queuedBytes + bytes > maxBytes)) {
        changed.await();
      }
      mayConvert = !closed;
    } finally {
      lock.unlock();
      if (!mayConvert) {
        batch.close();
      }
    }
    Batch converted = mayConvert ? step.convert(batch) : null;
    return converted == null ? mayConvert : add(new Ready(converted, bytes, System.nanoTime()));
  }

  private boolean add(Ready ready) {
    lock.lock();
    try {
      if (!closed) {
        queue.addLast(ready);
        queuedBytes += ready.bytes;
        changed.signalAll();
        return true;
      }
    } finally {
      lock.unlock();
    }
    ready.batch.close();
    return false;
  }

  /**
   * Waits for a batch.
   *
   * @return null at the end of the epoch
   * @throws IllegalStateException if the dataset is closed, or the thread is interrupted
   */
  @Nullable Batch take() {
    long start = System.nanoTime();
    lock.lock();
    try {
      while (queue.isEmpty() && !ended && !closed) {
        changed.await();
      }
      if (closed) {
        throw new IllegalStateException("the dataset is closed, or is read by another iterator");
      }
      Ready ready = queue.pollFirst();
      if (ready == null) {
        rethrow();
        return null;
      }
      queuedBytes -= ready.bytes;
      changed.signalAll();
      long now = System.nanoTime();
      counters.taken(ready.batch.getSize(), now - start, now - ready.sinceNanos);
      return ready.batch;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a batch", e);
    } finally {
      lock.unlock();
    }
  }

  private void rethrow() {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
  }

  /** Stops, and gives back what nobody took; waits for the thread to be done. Idempotent. */
  @Override
  public void close() {
    Deque<Ready> left;
    lock.lock();
    try {
      closed = true;
      left = new ArrayDeque<>(queue);
      queue.clear();
      changed.signalAll();
      if (!ended && task != null) {
        task.cancel(true);
      }
      // What it holds goes back before close returns; it might be this thread, in a transform.
      while (worker != null && worker != Thread.currentThread()) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
    left.forEach(ready -> ready.batch.close());
  }
}
