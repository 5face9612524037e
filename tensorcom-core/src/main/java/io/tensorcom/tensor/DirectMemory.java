// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/** What the JVM allows for direct memory. */
final class DirectMemory {
  private DirectMemory() {}

  /** {@return -XX:MaxDirectMemorySize where it is set, else the largest heap, in bytes} */
  static long limitBytes() {
    long limit = 0;
    HotSpotDiagnosticMXBean bean = hotSpot();
    if (bean != null) {
      limit = Long.parseLong(bean.getVMOption("MaxDirectMemorySize").getValue());
    }
    return limit > 0 ? limit : Runtime.getRuntime().maxMemory();
  }

  private static @Nullable HotSpotDiagnosticMXBean hotSpot() {
    return ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
  }
}
