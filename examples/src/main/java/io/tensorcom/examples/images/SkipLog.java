// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Reports what is skipped by name, and counts it. Thread-safe. */
public final class SkipLog {
  private static final int MOST_LINES = 100;

  private final AtomicLong skipped = new AtomicLong();
  private final Consumer<String> line;

  /** Makes a log that writes lines to this consumer, the first 100 of them. */
  public SkipLog(Consumer<String> line) {
    this.line = line;
  }

  void skip(String name, String why) {
    long count = skipped.incrementAndGet();
    if (count <= MOST_LINES) {
      line.accept("skipped " + name + ": " + why);
      if (count == MOST_LINES) {
        line.accept("more is skipped without a line each");
      }
    }
  }

  /** {@return how many samples and broken shards were skipped} */
  public long count() {
    return skipped.get();
  }
}
