// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Which batches of each server were under way while the network had faults. */
final class FaultWindows {
  private record Window(long from, long to) {}

  private final List<List<Window>> windows = new ArrayList<>();
  private final boolean[] open;
  private final long[] allCameBelow;

  FaultWindows(int servers) {
    open = new boolean[servers];
    allCameBelow = new long[servers];
    for (int i = 0; i < servers; i++) {
      windows.add(new ArrayList<>());
    }
  }

  /** A fault begins: whatever is under way may be lost, and what is sent until it is closed. */
  void open(int server) {
    open[server] = true;
  }

  boolean isOpen(int server) {
    return open[server];
  }

  /** No fault any more: what the server sends from this number on must come. */
  void close(int server, long next) {
    if (open[server]) {
      windows.get(server).add(new Window(allCameBelow[server], next));
    }
    open[server] = false;
    allCameBelow[server] = next;
  }

  void assertContain(int server, Set<Long> missing) {
    assertThat(missing)
        .as("missing of server %d, outside of %s", server, windows.get(server))
        .allMatch(
            number ->
                windows.get(server).stream()
                    .anyMatch(window -> window.from <= number && number < window.to));
  }
}
