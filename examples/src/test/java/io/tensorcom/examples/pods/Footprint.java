// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The resident memory of what runs in a pod, twice a second until it is closed. */
final class Footprint implements AutoCloseable {
  /** What a JVM may still gain by classes, compiled code and the arenas of malloc. */
  private static final long SLACK_BYTES = 64L << 20;

  private static final int LEAST_SAMPLES = 30;

  private final String name;
  private final List<Long> samples = new ArrayList<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "footprint");
            thread.setDaemon(true);
            return thread;
          });

  Footprint(String name, Container container) {
    this.name = name;
    var unused =
        timer.scheduleWithFixedDelay(
            () -> add(container.residentBytes()), 0, 500, TimeUnit.MILLISECONDS);
  }

  private synchronized void add(long bytes) {
    if (bytes > 0) {
      samples.add(bytes);
    }
  }

  /** Takes no more samples. */
  @Override
  public void close() {
    timer.shutdownNow();
  }

  /** Checks that what was resident in the last third of the time is what was in the first. */
  synchronized void assertFlat() {
    int third = samples.size() / 3;
    long first = mean(samples.subList(0, third));
    long last = mean(samples.subList(samples.size() - third, samples.size()));
    System.out.printf(
        "%s: %d samples, %d MiB resident in the first third, %d in the last%n",
        name, samples.size(), first >> 20, last >> 20);
    assertThat(samples.size()).isGreaterThan(LEAST_SAMPLES);
    assertThat(last).as("resident memory of %s: %s", name, samples).isLessThan(first + SLACK_BYTES);
  }

  private static long mean(List<Long> samples) {
    return (long) samples.stream().mapToLong(Long::longValue).average().orElse(0);
  }
}
