// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Reports what is skipped by name, and counts it. Thread-safe. */
public final class SkipLog {
  private static final int MOST_LINES = 100;

  private final AtomicLong skipped = new AtomicLong();
  private final Set<String> told = ConcurrentHashMap.newKeySet();
  private final Consumer<String> line;
  private volatile boolean closed;

  /** Makes a log that writes lines to this consumer, each once, the first 100 of them. */
  public SkipLog(Consumer<String> line) {
    this.line = line;
  }

  void skip(String name, String why) {
    if (closed) {
      return;
    }
    skipped.incrementAndGet();
    // The same shard comes again with every pass: each of its faults is told once.
    if (told.size() < MOST_LINES && told.add(name + ": " + why)) {
      line.accept("skipped " + name + ": " + why);
      if (told.size() == MOST_LINES) {
        line.accept("more is skipped without a line each");
      }
    }
  }

  /** From now on what fails does so because we are ending: it is neither told nor counted. */
  public void close() {
    closed = true;
  }

  /** {@return how many samples and broken shards were skipped} */
  public long count() {
    return skipped.get();
  }
}
