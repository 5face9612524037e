// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.tensor;

import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorPool;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Control;

/**
 * Leasing memory and giving it back: alone, by several threads at once, and leased by one thread
 * and given back by another, as a receiver does. The baseline is the least that threads can share:
 * a queue of buffers of one size, without a budget, counted holds or a search for leaks.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TensorPoolBenchmark {
  private static final int ON_THE_WAY = 16;
  private static final int QUEUED = 2 * ON_THE_WAY;

  /** Bytes of a lease. */
  @Param({"1024", "1048576"})
  public int bytes = 1024;

  private final TensorPool pool = TensorPool.ofBudget(256 << 20);
  private final ArrayBlockingQueue<ByteBuffer> queue = new ArrayBlockingQueue<>(QUEUED);
  private final ArrayBlockingQueue<Lease> leases = new ArrayBlockingQueue<>(ON_THE_WAY);
  private final ArrayBlockingQueue<ByteBuffer> buffers = new ArrayBlockingQueue<>(ON_THE_WAY);

  /** Fills the queue. */
  @Setup
  public void fill() {
    for (int i = 0; i < QUEUED; i++) {
      queue.add(ByteBuffer.allocateDirect(bytes));
    }
  }

  /** How often the budget was spent. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Exhaustions {
    /** Leases that were not granted. */
    public long exhaustions;
  }

  private int lease(Exhaustions counter) {
    Lease lease = pool.tryLease(bytes);
    if (lease == null) {
      counter.exhaustions++;
      return 0;
    }
    int length = lease.length();
    lease.release();
    return length;
  }

  private int queuedBuffer() {
    ByteBuffer buffer = queue.remove();
    int length = buffer.capacity();
    queue.add(buffer);
    return length;
  }

  /** Baseline of {@link #alone}. */
  @Benchmark
  public int aloneQueue() {
    return queuedBuffer();
  }

  /** One thread. */
  @Benchmark
  public int alone(Exhaustions counter) {
    return lease(counter);
  }

  /** Baseline of {@link #contended}. */
  @Benchmark
  @Threads(4)
  public int contendedQueue() {
    return queuedBuffer();
  }

  /** Four threads at once. */
  @Benchmark
  @Threads(4)
  public int contended(Exhaustions counter) {
    return lease(counter);
  }

  /** Baseline of {@link #handOverLease}. */
  @Benchmark
  @Group("handOverQueue")
  public void handOverQueueTake(Control control) throws InterruptedException {
    ByteBuffer buffer = queue.remove();
    while (!buffers.offer(buffer, 1, TimeUnit.MILLISECONDS)) {
      if (control.stopMeasurement) {
        queue.add(buffer);
        return;
      }
    }
  }

  /** Baseline of {@link #handOverRelease}. */
  @Benchmark
  @Group("handOverQueue")
  public void handOverQueueReturn(Control control) throws InterruptedException {
    ByteBuffer buffer = null;
    while (buffer == null && !control.stopMeasurement) {
      buffer = buffers.poll(1, TimeUnit.MILLISECONDS);
    }
    if (buffer != null) {
      queue.add(buffer);
    }
  }

  /** Leases for another thread to give back. */
  @Benchmark
  @Group("handOver")
  public void handOverLease(Control control, Exhaustions counter) throws InterruptedException {
    Lease lease = pool.tryLease(bytes);
    if (lease == null) {
      counter.exhaustions++;
      return;
    }
    while (!leases.offer(lease, 1, TimeUnit.MILLISECONDS)) {
      if (control.stopMeasurement) {
        lease.release();
        return;
      }
    }
  }

  /** Gives back what the other thread has leased. */
  @Benchmark
  @Group("handOver")
  public void handOverRelease(Control control) throws InterruptedException {
    Lease lease = null;
    while (lease == null && !control.stopMeasurement) {
      lease = leases.poll(1, TimeUnit.MILLISECONDS);
    }
    if (lease != null) {
      lease.release();
    }
  }
}
