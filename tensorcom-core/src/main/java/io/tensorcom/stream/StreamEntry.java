// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What a {@link StreamLedger}, whose lock guards it, knows of one stream. */
final class StreamEntry {
  static final long PRESENT = Long.MIN_VALUE;

  /** How long the end of a stream that pullers share is awaited behind its last batch. */
  static final long TELLING_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long LONGEST_MICROS = TimeUnit.HOURS.toMicros(1);

  final SequenceSet sequences;
  final Histogram micros = new Histogram(LONGEST_MICROS, 2);
  final Set<String> addresses = new LinkedHashSet<>();
  String peer = "";
  long duplicates;
  long reordered;
  long epoch = -1;
  long endedEpoch = -1;
  boolean streamEnded;
  long endedAt;
  boolean endTold;
  long absentSince = PRESENT;
  boolean superseded;
  boolean leapt;
  long toldLast = -1;
  long epochsOver;
  long heardAt;
  long quietSince;
  long takenAt;
  long sentAt = Long.MIN_VALUE;

  StreamEntry(SequenceSet.Budget budget) {
    sequences = new SequenceSet(budget);
  }

  /** Epochs whose ends were lost with a connection are over when a later one is heard of. */
  void reaches(long which) {
    if (epoch >= 0 && which > epoch) {
      leapt |= which - 2 > Math.max(endedEpoch, epoch - 1);
      over(which - 1);
    }
    epoch = Math.max(epoch, which);
  }

  /** Who has lost several ends owes none of them: it is known where it stands. */
  void settle(long taken) {
    if (leapt) {
      leapt = false;
      epochsOver = Math.max(epochsOver, taken);
    }
  }

  /** An epoch may be told to be over twice, by a flag and by a notice. */
  void over(long which) {
    if (which > endedEpoch) {
      epochsOver++;
      endedEpoch = which;
    }
  }

  /** Notes whether the sender is there: a connection that is lost may be there again soon. */
  void look(ConnectedSenders senders, long now) {
    if (!isAbsent(senders)) {
      absentSince = PRESENT;
    } else if (absentSince == PRESENT) {
      absentSince = now;
    }
  }

  boolean isGone(long now) {
    return superseded || (absentSince != PRESENT && now - absentSince >= StreamLedger.GONE_NANOS);
  }

  private boolean isAbsent(ConnectedSenders senders) {
    return senders.known()
        && Collections.disjoint(addresses, senders.addresses())
        && Collections.disjoint(addresses, senders.waiting());
  }

  /**
   * {@return whether nothing follows} What is still queued may be older than the end, where it came
   * by another connection. Of a stream that pullers share, a flag says only that this puller has
   * the last batch: one that another puller did not get may follow, until a sender that tells ends
   * has told this one. That waits for all pullers, which may be slow or stand still, and so is not
   * awaited for long.
   */
  boolean isOver(ConnectedSenders senders, boolean shared, long listened) {
    if (!streamEnded || !Collections.disjoint(addresses, senders.queued())) {
      return false;
    }
    return endTold
        || !shared
        || Collections.disjoint(addresses, senders.telling())
        || listened - endedAt >= TELLING_NANOS;
  }

  /** {@return epochs that are over; the last one of a stream not before the stream} */
  long epochsOver(boolean streamOver) {
    return epochsOver - (streamEnded && !streamOver ? 1 : 0);
  }

  long last() {
    return Math.max(sequences.last(), toldLast);
  }

  long missing() {
    long known = sequences.missing();
    long first = sequences.first();
    return toldLast > sequences.last() && first >= 0 ? known + toldLast - sequences.last() : known;
  }

  /** Enters how long a batch was on its way. */
  void took(long micros) {
    this.micros.recordValue(Math.min(LONGEST_MICROS, Math.max(0, micros)));
  }
}
