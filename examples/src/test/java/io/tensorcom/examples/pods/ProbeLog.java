// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a {@link BatchProbe} in a pod has printed so far. */
final class ProbeLog {
  /**
   * A batch that came.
   *
   * @param nanos when, by {@link System#nanoTime}, which all processes here share
   */
  record Batch(
      long nanos, String stream, long sequence, long epoch, boolean last, List<Integer> images) {}

  /** What the receiver counted of a stream. */
  record Total(long received, long first, long last, long missing, long duplicates) {}

  private final Container container;

  ProbeLog(TestPod pod, String url) throws IOException {
    String line =
        "exec \"$JAVA_HOME/bin/java\" $JAVA_OPTS -Xmx128m -XX:MaxDirectMemorySize=256m -cp '%s' %s '%s'"
            .formatted(Image.CLASS_PATH, BatchProbe.class.getName(), url);
    container = pod.start(List.of("sh", "-c", line));
  }

  private Stream<String> lines(String word) {
    return container.log().stream().filter(line -> line.startsWith(word + " "));
  }

  /** {@return the stream of a server, null before its first batch} */
  @Nullable String streamOf(TestPod server) {
    return lines("from")
        .map(line -> line.split(" ", -1))
        .filter(words -> words[2].contains(server.address() + ":"))
        .map(words -> words[1])
        .reduce((first, second) -> second)
        .orElse(null);
  }

  List<Batch> batches() {
    return lines("batch").map(ProbeLog::batch).toList();
  }

  /** {@return what came from a server, in order} */
  List<Batch> batches(TestPod server) {
    String stream = streamOf(server);
    return batches().stream().filter(each -> each.stream().equals(stream)).toList();
  }

  private static Batch batch(String line) {
    String[] words = line.split(" ", -1);
    List<Integer> images = new ArrayList<>();
    for (String number : words[6].split(",", -1)) {
      images.add(Integer.valueOf(number));
    }
    return new Batch(
        Long.parseLong(words[1]),
        words[2],
        Long.parseLong(words[3]),
        Long.parseLong(words[4]),
        Boolean.parseBoolean(words[5]),
        images);
  }

  /** Waits for a batch from a server that came at a time or later, and returns when it came. */
  long awaitBatch(TestPod server, long nanos) throws InterruptedException {
    Predicate<String> wanted =
        line -> {
          if (!line.startsWith("batch ")) {
            return false;
          }
          String[] words = line.split(" ", 4);
          return Long.parseLong(words[1]) >= nanos && words[2].equals(streamOf(server));
        };
    String line = container.await("batch of " + server.address(), wanted);
    return Long.parseLong(line.split(" ", 3)[1]);
  }

  /** {@return when the address of a server was learnt, which it has been} */
  long learnt(TestPod server) {
    return lines("added")
        .filter(line -> line.startsWith("added " + server.address() + ":"))
        .mapToLong(line -> Long.parseLong(line.split(" ", -1)[2]))
        .max()
        .orElseThrow();
  }

  /** {@return the longest time in which nothing came from anybody} */
  Duration longestGap() {
    long longest = 0;
    List<Batch> all = batches();
    for (int i = 1; i < all.size(); i++) {
      longest = Math.max(longest, all.get(i).nanos() - all.get(i - 1).nanos());
    }
    return Duration.ofNanos(longest);
  }

  /** Waits until it is said that an endpoint cannot be connected. */
  String awaitUnreachable(TestPod pod) throws InterruptedException {
    return container.await(
        "word of " + pod.address(), line -> line.startsWith("unreachable " + pod.address()));
  }

  /** Ends the receiver and returns what it counted, by stream. */
  Map<String, Total> end() throws IOException, InterruptedException {
    container.closeInput();
    if (container.awaitEnd() != 0) {
      throw new AssertionError("the probe failed: " + container.log());
    }
    Map<String, Total> totals = new HashMap<>();
    lines("stream")
        .map(line -> line.split(" ", -1))
        .forEach(
            words ->
                totals.put(
                    words[1],
                    new Total(
                        Long.parseLong(words[2]),
                        Long.parseLong(words[3]),
                        Long.parseLong(words[4]),
                        Long.parseLong(words[5]),
                        Long.parseLong(words[6]))));
    return totals;
  }

  /** {@return leases that the receiver held at its end} */
  long leased() {
    return Long.parseLong(lines("leased").findFirst().orElseThrow().split(" ", -1)[1]);
  }
}
