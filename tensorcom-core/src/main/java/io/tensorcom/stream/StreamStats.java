// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import java.util.List;
import java.util.Locale;

/**
 * What a receiver knows of one sender's stream. Immutable.
 *
 * @param streamId random, one per sender socket
 * @param peer the address its batches came from last
 * @param received different batches that came
 * @param first the lowest sequence that came, -1 if none did
 * @param last the highest sequence that came or was told to be the last, -1 if none
 * @param missing sequences between them that did not come; what that means depends on the receiver,
 *     see {@link #missingMeans}
 * @param gaps the newest of the missing, at most 100 ranges
 * @param duplicates batches that came again
 * @param reordered batches that came after a later one
 * @param epoch the newest epoch that was heard of, -1 if none
 * @param epochEnded whether that epoch is over at this sender
 * @param streamEnded whether nothing follows from this sender
 * @param superseded whether another stream followed behind its address: the sender was started
 *     again
 * @param latency from sending to being handed out, by both machines' clocks
 * @param missingMeans what missing batches are
 */
public record StreamStats(
    long streamId,
    String peer,
    long received,
    long first,
    long last,
    long missing,
    List<SequenceRange> gaps,
    long duplicates,
    long reordered,
    long epoch,
    boolean epochEnded,
    boolean streamEnded,
    boolean superseded,
    Latency latency,
    Missing missingMeans) {
  /** What batches that did not come are. */
  public enum Missing {
    /** Lost: the receiver subscribes to everything. */
    LOST,
    /** Lost, or of another topic. */
    FILTERED_OR_LOST,
    /** Given to other pullers, or lost: {@link StreamReport#merge} of all pullers tells. */
    ELSEWHERE_OR_LOST
  }

  /**
   * Times in nanoseconds.
   *
   * @param median half of the batches took at most this
   * @param p99 99 of 100 took at most this
   * @param max none took more
   */
  public record Latency(long median, long p99, long max) {}

  /** Copies the gaps. */
  public StreamStats {
    gaps = List.copyOf(gaps);
  }

  /**
   * {@return for example {@code lost 312 of 40,000 from 10.0.1.149:7880; unknown tail}} The tail is
   * unknown until the sender has told its end: there may be more that did not come.
   */
  public String lossLine() {
    String word = missingMeans.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    long sent = first < 0 ? 0 : last - first + 1;
    // Who makes up the largest number of all has one more than can be counted.
    sent = sent < 0 ? Long.MAX_VALUE : sent;
    return lossLine(word, missing, sent, peer)
        + (streamEnded ? "" : "; unknown tail")
        + (superseded ? "; started again" : "");
  }

  static String lossLine(String word, long missing, long sent, String peer) {
    String place = peer.isEmpty() ? "an unknown peer" : peer.replaceFirst("^tcp://", "");
    return String.format(Locale.ROOT, "%s %,d of %,d from %s", word, missing, sent, place);
  }
}
