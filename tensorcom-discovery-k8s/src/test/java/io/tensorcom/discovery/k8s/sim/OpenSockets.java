// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.sim;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Counts the sockets of this process. */
public final class OpenSockets {
  private OpenSockets() {}

  /** {@return how many there are} */
  public static int count() {
    int count = 0;
    for (File each : Objects.requireNonNull(new File("/proc/self/fd").listFiles())) {
      try {
        count += Files.readSymbolicLink(each.toPath()).toString().startsWith("socket:") ? 1 : 0;
      } catch (IOException e) {
        // It was closed meanwhile.
      }
    }
    return count;
  }

  /** Waits until there are no more than so many; those of a selector go when it selects again. */
  public static void awaitAtMost(int most) {
    long start = System.nanoTime();
    while (count() > most) {
      if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(30)) {
        throw new AssertionError("open sockets: " + count() + " (expected: <= " + most + ")");
      }
      Thread.onSpinWait();
    }
  }
}
