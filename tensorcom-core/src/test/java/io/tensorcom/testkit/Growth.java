// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.util.internal.PlatformDependent;
import io.tensorcom.tensor.PoolStats;
import io.tensorcom.tensor.TensorPool;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;

/**
 * What a process holds at one moment of a long run, when nothing is under way.
 *
 * @param heap bytes in use after a collection
 * @param direct bytes of direct memory in use after a collection, but for a pool's
 * @param files open descriptors
 * @param threads that live
 */
public record Growth(long heap, long direct, long files, int threads) {
  private static final long HEAP = 16 << 20;

  /** Sockets keep a small buffer for each of up to 64 connections that have ended. */
  private static final long DIRECT = 8 << 20;

  private static final int FEW = 20;
  private static final long LONG_MILLIS = 60_000;

  /** {@return what is held now} The memory of this pool is left out: it may grow to its budget. */
  public static Growth now(TensorPool pool) throws InterruptedException {
    collect();
    PoolStats pooled = pool.stats();
    return new Growth(
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
        directBytes() - pooled.leasedBytes() - pooled.idleBytes(),
        ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class)
            .getOpenFileDescriptorCount(),
        ManagementFactory.getThreadMXBean().getThreadCount());
  }

  /**
   * Collects twice. Direct memory is given back after a collection, on a thread of the JVM's: it is
   * done with what the first one found when it tells of something that the second one found.
   */
  private static void collect() throws InterruptedException {
    for (int i = 0; i < 2; i++) {
      ReferenceQueue<Object> found = new ReferenceQueue<>();
      WeakReference<Object> dead = new WeakReference<>(new Object(), found);
      System.gc();
      assertThat(found.remove(LONG_MILLIS) == dead).as("found by a collection").isTrue();
    }
  }

  /** The JVM counts what the library takes; what Netty takes past the JVM, Netty counts. */
  private static long directBytes() {
    long bytes = Math.max(0, PlatformDependent.usedDirectMemory());
    for (BufferPoolMXBean each : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      if (each.getName().equals("direct")) {
        bytes += each.getMemoryUsed();
      }
    }
    return bytes;
  }

  /**
   * Fails if much more is held later; so many bytes of heap are what the test itself wrote down.
   */
  public void assertNotExceeded(Growth later, long written) {
    assertThat(later.heap).as("heap").isLessThan(heap + HEAP + written);
    assertThat(later.direct).as("direct memory").isLessThan(direct + DIRECT);
    assertThat(later.files).as("open files").isLessThan(files + FEW);
    assertThat(later.threads).as("threads").isLessThan(threads + FEW);
  }

  /** {@return for example {@code 12 MB, 300 KB direct, 90 files, 31 threads}} */
  @Override
  public String toString() {
    return "%d MB, %d KB direct, %d files, %d threads"
        .formatted(heap >> 20, direct >> 10, files, threads);
  }
}
