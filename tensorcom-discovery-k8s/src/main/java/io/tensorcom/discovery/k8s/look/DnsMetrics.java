// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import io.tensorcom.discovery.k8s.explain.Outcome;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts queries and events. Thread-safe. */
public final class DnsMetrics {
  private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();

  /** Counts one query by what became of it, and how long that took. */
  void query(String type, String protocol, Outcome outcome, long nanos) {
    count("query." + type + "." + protocol + "." + outcome);
    add("micros." + type + "." + protocol, nanos / 1000);
  }

  /** Counts an event. */
  public void count(String name) {
    add(name, 1);
  }

  /** Counts so many events. */
  public void add(String name, long howMany) {
    if (howMany > 0) {
      counts.computeIfAbsent(name, key -> new LongAdder()).add(howMany);
    }
  }

  /** {@return all counters, by name} */
  public Map<String, Long> counts() {
    Map<String, Long> copy = new TreeMap<>();
    counts.forEach((name, count) -> copy.put(name, count.sum()));
    return copy;
  }
}
