// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What was sent against what was received. Immutable.
 *
 * @param missing indexes of batches that were sent and did not arrive as they were
 * @param strange indexes of batches that arrived and were not sent like this, or not so often
 * @param reordered whether all that arrived was sent, but in another order
 */
record Comparison(List<Integer> missing, List<Integer> strange, boolean reordered) {
  /** Copies the lists. */
  Comparison {
    missing = List.copyOf(missing);
    strange = List.copyOf(strange);
  }

  static Comparison of(List<String> sent, List<String> received) {
    List<Integer> missing = without(sent, received);
    List<Integer> strange = without(received, sent);
    boolean reordered = !remaining(sent, missing).equals(remaining(received, strange));
    return new Comparison(missing, strange, reordered);
  }

  /** {@return the indexes of what is in one list and, counting copies, not in the other} */
  private static List<Integer> without(List<String> list, List<String> other) {
    Map<String, Integer> left = new HashMap<>();
    other.forEach(hash -> left.merge(hash, 1, Integer::sum));
    List<Integer> indexes = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      if (left.merge(list.get(i), -1, Integer::sum) < 0) {
        indexes.add(i);
      }
    }
    return indexes;
  }

  private static List<String> remaining(List<String> list, List<Integer> removed) {
    List<String> result = new ArrayList<>(list);
    for (int i = removed.size() - 1; i >= 0; i--) {
      result.remove((int) removed.get(i));
    }
    return result;
  }

  /** {@return batches that arrived with other content} */
  int altered() {
    return Math.min(missing.size(), strange.size());
  }

  /** {@return batches that did not arrive at all} */
  int lost() {
    return missing.size() - altered();
  }

  /** {@return batches that arrived though nobody sent them} */
  int unexpected() {
    return strange.size() - altered();
  }

  /** {@return what is wrong, in words; empty if nothing is} */
  List<String> findings() {
    List<String> findings = new ArrayList<>();
    if (altered() > 0) {
      findings.add(altered() + " altered on the way (the first: batch " + strange.get(0) + ")");
    }
    if (lost() > 0) {
      findings.add(lost() + " lost (missing from batch " + missing.get(0) + " on)");
    }
    if (unexpected() > 0) {
      findings.add(unexpected() + " received that nobody sent");
    }
    if (reordered) {
      findings.add("the order changed");
    }
    return findings;
  }
}
