// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import java.util.List;

/**
 * A line between the demo and its children: a word and what belongs to it.
 *
 * <pre>
 * server   to demo      ready URL                     others connect to this URL
 *                       done BATCHES SAMPLES BYTES    all is sent and has left
 * receiver to demo      ready URL
 *                       progress BATCHES SAMPLES BYTES
 *                       done BATCHES SAMPLES BYTES    nothing more is to come
 * demo     to receiver  end BATCHES                   so many were sent; none if it is not known
 * </pre>
 *
 * @param word the first word
 * @param values the other words
 */
record ChildMessage(String word, List<String> values) {
  static final String READY = "ready";
  static final String PROGRESS = "progress";
  static final String DONE = "done";
  static final String END = "end";

  /** Copies the values. */
  ChildMessage {
    values = List.copyOf(values);
  }

  static ChildMessage parse(String line) {
    List<String> words = List.of(line.strip().split("\\s+"));
    return new ChildMessage(words.get(0), words.subList(1, words.size()));
  }

  static ChildMessage ready(String url) {
    return new ChildMessage(READY, List.of(url));
  }

  static ChildMessage of(String word, Totals totals) {
    return new ChildMessage(
        word, List.of("" + totals.batches(), "" + totals.samples(), "" + totals.bytes()));
  }

  /** {@return the totals of a message that has them} */
  Totals totals() {
    return new Totals(
        Long.parseLong(values.get(0)),
        Long.parseLong(values.get(1)),
        Long.parseLong(values.get(2)));
  }

  @Override
  public String toString() {
    return values.isEmpty() ? word : word + " " + String.join(" ", values);
  }
}
