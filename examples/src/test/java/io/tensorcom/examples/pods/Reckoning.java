// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What was sent against what came, at the end. */
final class Reckoning {
  private static final Pattern SENT = Pattern.compile("\\bsent (\\d+) batches");
  private static final Pattern LOST = Pattern.compile("^lost ([\\d,]+) of ([\\d,]+) from .*");
  private static final Pattern TOTAL =
      Pattern.compile("^(?:total|trained): (\\d+) (?:batches|steps), ");

  private Reckoning() {}

  /** {@return how many batches a server says that it has sent, by all its senders} */
  static long sentBy(Container server) {
    return number(SENT, server, 1).stream().mapToLong(Long::longValue).sum();
  }

  /** {@return how many batches a tool with a report at its end says that came, stream by stream} */
  static long cameTo(Container receiver) {
    long sent = number(LOST, receiver, 2).stream().mapToLong(Long::longValue).sum();
    return sent - number(LOST, receiver, 1).stream().mapToLong(Long::longValue).sum();
  }

  /** {@return the lines of a tool's log that say what came of its batches} */
  static List<String> report(Container receiver) {
    return receiver.log().stream()
        .filter(line -> LOST.matcher(line).find() || TOTAL.matcher(line).find())
        .toList();
  }

  /** {@return how many batches a tool says in all that it received, or trained with} */
  static long total(Container receiver) {
    return number(TOTAL, receiver, 1).get(0);
  }

  /** {@return a number of the lines of a log that have one} */
  private static List<Long> number(Pattern pattern, Container container, int group) {
    return container.log().stream()
        .map(pattern::matcher)
        .filter(Matcher::find)
        .map(matcher -> Long.valueOf(matcher.group(group).replace(",", "")))
        .toList();
  }

  /**
   * Checks that what the receiver counts as missing is what did not come, and that nothing did
   * twice.
   */
  static void assertCountedRight(ProbeLog probe, Map<String, ProbeLog.Total> totals) {
    Map<String, Set<Long>> came = new TreeMap<>();
    for (ProbeLog.Batch batch : probe.batches()) {
      assertThat(came.computeIfAbsent(batch.stream(), key -> new TreeSet<>()).add(batch.sequence()))
          .as("twice: %s", batch)
          .isTrue();
    }
    assertThat(totals.keySet()).isEqualTo(came.keySet());
    totals.forEach(
        (stream, total) -> {
          long heard = Objects.requireNonNull(came.get(stream)).size();
          assertThat(total.received()).isEqualTo(heard);
          assertThat(total.missing()).isEqualTo(total.last() - total.first() + 1 - heard);
          assertThat(total.duplicates()).isZero();
        });
    assertThat(probe.leased()).isZero();
  }

  /**
   * Checks that of servers with an index each image came from one only, and once in an epoch; and
   * that epochs that came to their end without a loss have all images of the server.
   */
  static void assertEachImageOnce(
      ProbeLog probe, Map<String, ProbeLog.Total> totals, int imagesOfAServer) {
    Map<Integer, String> servedBy = new HashMap<>();
    Map<String, Set<Integer>> epochs = new HashMap<>();
    for (ProbeLog.Batch batch : probe.batches()) {
      String epoch = String.format(Locale.ROOT, "%s epoch %d", batch.stream(), batch.epoch());
      Set<Integer> images = epochs.computeIfAbsent(epoch, key -> new HashSet<>());
      for (Integer image : batch.images()) {
        assertThat(servedBy.merge(image, batch.stream(), (old, same) -> old))
            .as("who serves image %d", image)
            .isEqualTo(batch.stream());
        assertThat(images.add(image)).as("image %d once in %s", image, epoch).isTrue();
      }
      ProbeLog.Total total = Objects.requireNonNull(totals.get(batch.stream()));
      // A publisher begins with the first subscriber: who comes later may have missed a batch.
      boolean complete = total.missing() == 0 && (batch.epoch() > 0 || total.first() == 0);
      if (batch.last() && complete) {
        assertThat(images).as(epoch).hasSize(imagesOfAServer);
      }
    }
    Set<Long> ended =
        probe.batches().stream()
            .filter(ProbeLog.Batch::last)
            .map(ProbeLog.Batch::epoch)
            .collect(Collectors.toSet());
    assertThat(ended).as("epochs that ended").hasSizeGreaterThan(1);
  }
}
