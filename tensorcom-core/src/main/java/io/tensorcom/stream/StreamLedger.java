// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import io.tensorcom.tensor.BatchOrigin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;

/**
 * A receiver's book of the streams it hears. Bounded: of more than {@value #MAX_STREAMS} streams
 * the one that was silent longest is forgotten. Thread-safe.
 */
public final class StreamLedger {
  static final int MAX_STREAMS = 1024;
  private static final int MAX_GAPS = 100;
  private static final long GONE_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long LONGEST_MICROS = TimeUnit.HOURS.toMicros(1);

  private final StreamStats.Missing missingMeans;
  private final LongSupplier wallClockNanos;
  private final LongSupplier nanoClock;
  private final Map<Long, Entry> streams = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<String, Long> streamOfPeer = new HashMap<>();
  private final long openedAt;
  private volatile long ends;
  private long lastHeardAt;
  private long restarts;
  private long forgotten;
  private long lostInForgotten;

  private static final class Entry {
    final SequenceSet sequences = new SequenceSet();
    final Histogram micros = new Histogram(LONGEST_MICROS, 2);
    String peer = "";
    long duplicates;
    long reordered;
    long epoch = -1;
    long endedEpoch = -1;
    boolean streamEnded;
    long toldLast = -1;
    long epochsOver;
    long heardAt;

    /** An epoch may be told to be over twice, by a flag and by a notice. */
    void over(long which) {
      if (which > endedEpoch) {
        epochsOver++;
        endedEpoch = which;
      }
    }

    boolean isGone(Set<String> peers, long now) {
      return !peers.contains(peer) && now - heardAt >= GONE_NANOS;
    }

    long last() {
      return Math.max(sequences.last(), toldLast);
    }

    long missing() {
      long known = sequences.missing();
      long first = sequences.first();
      return toldLast > sequences.last() && first >= 0
          ? known + toldLast - sequences.last()
          : known;
    }
  }

  /**
   * Makes an empty book.
   *
   * @param missingMeans what batches that do not come are
   * @param wallClockNanos nanoseconds since 1970
   * @param nanoClock nanoseconds since whenever, never set back
   */
  public StreamLedger(
      StreamStats.Missing missingMeans, LongSupplier wallClockNanos, LongSupplier nanoClock) {
    this.missingMeans = missingMeans;
    this.wallClockNanos = wallClockNanos;
    this.nanoClock = nanoClock;
    this.openedAt = nanoClock.getAsLong();
    this.lastHeardAt = openedAt;
  }

  /** Enters a batch that is being handed out. */
  public synchronized void received(BatchOrigin origin, String peer) {
    Entry entry = entry(origin.streamId(), peer);
    switch (entry.sequences.add(origin.sequence())) {
      case DUPLICATE -> entry.duplicates++;
      case LATE -> entry.reordered++;
      case NEXT -> {}
    }
    entry.epoch = Math.max(entry.epoch, origin.epoch());
    if (origin.isLastOfEpoch()) {
      entry.over(origin.epoch());
      ends++;
    }
    entry.streamEnded |= origin.isLastOfStream();
    long micros = (wallClockNanos.getAsLong() - origin.sentAtNanos()) / 1000;
    entry.micros.recordValue(Math.min(LONGEST_MICROS, Math.max(0, micros)));
  }

  /** Enters an end that was told. */
  public synchronized void ended(EndNotice end, String peer) {
    Entry entry = entry(end.streamId(), peer);
    entry.epoch = Math.max(entry.epoch, end.epoch());
    entry.over(end.epoch());
    ends++;
    entry.streamEnded |= end.lastOfStream();
    entry.toldLast = Math.max(entry.toldLast, end.lastSequence());
  }

  private Entry entry(long streamId, String peer) {
    Entry entry = streams.get(streamId);
    if (entry == null) {
      entry = new Entry();
      streams.put(streamId, entry);
      if (!peer.isEmpty() && streamOfPeer.containsKey(peer)) {
        restarts++;
      }
      forgetOldest();
    }
    entry.heardAt = nanoClock.getAsLong();
    lastHeardAt = entry.heardAt;
    if (!peer.equals(entry.peer)) {
      streamOfPeer.remove(entry.peer, streamId);
      entry.peer = peer;
      streamOfPeer.put(peer, streamId);
    }
    return entry;
  }

  private void forgetOldest() {
    if (streams.size() > MAX_STREAMS) {
      var oldest = streams.entrySet().iterator();
      var gone = oldest.next();
      oldest.remove();
      streamOfPeer.remove(gone.getValue().peer, gone.getKey());
      forgotten++;
      lostInForgotten += gone.getValue().missing();
    }
  }

  /** {@return how often a new stream came from an address that had another one before} */
  public synchronized long restarts() {
    return restarts;
  }

  /** {@return how many ends were told, from any thread} */
  public long ends() {
    return ends;
  }

  /** {@return streams that are no longer in the book} */
  public synchronized long forgotten() {
    return forgotten;
  }

  /** {@return batches missing in all streams} */
  public synchronized long missing() {
    long sum = lostInForgotten;
    for (Entry entry : streams.values()) {
      sum += entry.missing();
    }
    return sum;
  }

  /** {@return all streams, the one silent longest first} */
  public synchronized List<StreamStats> streams() {
    List<StreamStats> stats = new ArrayList<>();
    streams.forEach((id, entry) -> stats.add(stats(id, entry)));
    return stats;
  }

  private StreamStats stats(long id, Entry entry) {
    Histogram micros = entry.micros;
    return new StreamStats(
        id,
        entry.peer,
        entry.sequences.received(),
        entry.sequences.first(),
        entry.last(),
        entry.missing(),
        gaps(entry),
        entry.duplicates,
        entry.reordered,
        entry.epoch,
        entry.epoch >= 0 && entry.endedEpoch >= entry.epoch,
        entry.streamEnded,
        new StreamStats.Latency(
            1000 * micros.getValueAtPercentile(50),
            1000 * micros.getValueAtPercentile(99),
            1000 * micros.getMaxValue()),
        missingMeans);
  }

  private static List<SequenceRange> gaps(Entry entry) {
    List<SequenceRange> gaps = new ArrayList<>(entry.sequences.gaps(MAX_GAPS));
    if (entry.sequences.first() >= 0 && entry.toldLast > entry.sequences.last()) {
      gaps.add(new SequenceRange(entry.sequences.last() + 1, entry.toldLast));
    }
    return gaps;
  }

  /**
   * Says how far the senders are with their epochs.
   *
   * @param taken for each stream how many of its ends were used up before
   * @param peers addresses that are connected; those that are in no stream are not done
   * @param expected how many senders there may be: while fewer were heard, an end waits for the
   *     others to connect, for five seconds
   */
  public synchronized Epochs epochs(Map<Long, Long> taken, Set<String> peers, int expected) {
    long now = nanoClock.getAsLong();
    List<Long> done = new ArrayList<>();
    List<String> open = new ArrayList<>();
    List<String> gone = new ArrayList<>();
    Set<String> unheard = new HashSet<>(peers);
    boolean ended = !streams.isEmpty();
    for (Map.Entry<Long, Entry> each : streams.entrySet()) {
      Entry entry = each.getValue();
      unheard.remove(entry.peer);
      if (entry.epochsOver > taken.getOrDefault(each.getKey(), 0L)) {
        done.add(each.getKey());
      } else if (entry.streamEnded) {
        continue;
      } else if (entry.isGone(peers, now)) {
        gone.add(entry.peer);
      } else {
        open.add(entry.peer);
      }
      ended &= entry.streamEnded || entry.isGone(peers, now);
    }
    open.addAll(unheard);
    boolean allHeard = streams.size() >= expected;
    if (!allHeard && now - openedAt < GONE_NANOS) {
      open.add("senders that are not connected yet");
    }
    ended &= allHeard || now - lastHeardAt >= GONE_NANOS;
    return new Epochs(done, open, gone, ended && unheard.isEmpty());
  }

  /**
   * How far the senders are.
   *
   * @param done streams of which one more epoch is over
   * @param open addresses of senders that are still at it, or have not been heard yet
   * @param gone addresses of senders that went away in the middle
   * @param ended whether nothing follows from any sender
   */
  public record Epochs(List<Long> done, List<String> open, List<String> gone, boolean ended) {
    /** {@return whether an epoch is over at all senders that are there} */
    public boolean isOver() {
      return open.isEmpty() && !done.isEmpty();
    }
  }

  /** {@return which batches came, to be merged with what other pullers say} */
  public synchronized StreamReport report() {
    Map<Long, StreamReport.Ranges> ranges = new LinkedHashMap<>();
    streams.forEach(
        (id, entry) ->
            ranges.put(
                id,
                new StreamReport.Ranges(
                    entry.peer, entry.toldLast, entry.streamEnded, entry.sequences.ranges())));
    return new StreamReport(ranges);
  }
}
