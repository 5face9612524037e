// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * What a process holds at one moment of a long run, when nothing is under way.
 *
 * @param heap bytes in use after a collection
 * @param files open descriptors
 * @param threads that live
 */
public record Growth(long heap, long files, int threads) {
  private static final long HEAP = 16 << 20;
  private static final int FEW = 20;

  /** {@return what is held now} */
  public static Growth now() {
    System.gc();
    return new Growth(
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
        ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class)
            .getOpenFileDescriptorCount(),
        ManagementFactory.getThreadMXBean().getThreadCount());
  }

  /**
   * Fails if much more is held later; so many bytes of heap are what the test itself wrote down.
   */
  public void assertNotExceeded(Growth later, long written) {
    assertThat(later.heap).as("heap").isLessThan(heap + HEAP + written);
    assertThat(later.files).as("open files").isLessThan(files + FEW);
    assertThat(later.threads).as("threads").isLessThan(threads + FEW);
  }

  /** {@return for example {@code 12 MB, 90 files, 31 threads}} */
  @Override
  public String toString() {
    return "%d MB, %d files, %d threads".formatted(heap >> 20, files, threads);
  }
}
