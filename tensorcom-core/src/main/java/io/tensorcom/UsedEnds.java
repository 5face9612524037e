// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.stream.StreamLedger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How many ends of each stream belong to epochs of a reader that are over. Some are still to come:
 * one that was left behind owes the end of the epoch that it was left behind in. One that connects
 * later owes nothing: its first end is that of the reader's epoch of then. Not thread-safe.
 */
final class UsedEnds {
  private final Function<String, @Nullable Long> streamOf;
  private final Predicate<Long> isKnown;
  private final Map<Long, Long> used = new HashMap<>();

  /** What senders owe that were connected, and of which no stream is known yet. */
  private final Map<String, Long> owed = new HashMap<>();

  private final Set<Long> gone = new HashSet<>();

  /**
   * Makes a book for a reader that begins.
   *
   * @param streamOf tells the stream that comes from an address, or null if nothing was heard
   * @param isKnown tells whether a stream is in the receiver's book; of one that is not any more,
   *     the book begins to count anew if it comes back, and so does this
   */
  UsedEnds(Function<String, @Nullable Long> streamOf, Predicate<Long> isKnown) {
    this.streamOf = streamOf;
    this.isKnown = isKnown;
  }

  /** {@return how many ends of each stream are used up} */
  Map<Long, Long> byStream() {
    used.keySet().removeIf(isKnown.negate());
    owed.entrySet().removeIf(each -> settle(each.getKey(), each.getValue()));
    return used;
  }

  private boolean settle(String address, long ends) {
    Long stream = streamOf.apply(address);
    if (stream == null) {
      return false;
    }
    used.merge(stream, ends, Long::sum);
    return true;
  }

  /**
   * Uses up the ends of an epoch that is over.
   *
   * @return addresses of senders that went away in it
   */
  List<String> useUp(StreamLedger.Epochs epochs) {
    boolean told = !epochs.done().isEmpty();
    epochs.done().forEach(this::useOne);
    epochs
        .behind()
        .forEach(
            (stream, ends) -> {
              if (told) {
                useOne(stream);
              } else {
                // All stand in one epoch, however often silence cuts it.
                used.merge(stream, ends + 1, Math::max);
              }
            });
    // Who comes behind the address of one that has gone without a word owes nothing.
    owed.keySet().retainAll(epochs.unheard());
    if (told) {
      epochs.unheard().forEach(address -> owed.merge(address, 1L, Long::sum));
    }
    List<String> newlyGone = new ArrayList<>();
    gone.retainAll(epochs.gone().keySet());
    epochs
        .gone()
        .forEach(
            (stream, address) -> {
              if (gone.add(stream)) {
                newlyGone.add(address);
                // If it comes back, the end that it owes is not that of another epoch.
                useOne(stream);
              }
            });
    return newlyGone;
  }

  private void useOne(long stream) {
    used.merge(stream, 1L, Long::sum);
  }
}
