// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import io.tensorcom.tensor.BatchOrigin;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A receiver's book of the streams it hears. Bounded: of more than {@value #MAX_STREAMS} streams
 * the one that was silent longest is forgotten. Thread-safe.
 */
public final class StreamLedger {
  static final int MAX_STREAMS = 1024;
  private static final int MAX_GAPS = 100;

  /** Of one stream: of a server that has several, or that connects from another one each time. */
  private static final int MAX_ADDRESSES = 8;

  static final long GONE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** Of fair queues: so many rounds, and what JeroMQ takes before it looks at who else is there. */
  private static final int ROUNDS = 4;

  private static final int SLACK = 128;

  /** 32 MiB, whoever sends what: nine million batches of streams that three pullers share. */
  private static final int MAX_RANGES = 1 << 21;

  private final StreamStats.Missing missingMeans;
  private final LongSupplier wallClockNanos;
  private final LongSupplier nanoClock;
  private final Map<Long, StreamEntry> streams = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<String, Long> streamOfPeer = new HashMap<>();

  /**
   * Since when, by {@link #listened}, a sender is in no stream and quiet, as far as anybody asked.
   */
  private final Map<String, Long> unheardSince = new HashMap<>();

  private final SequenceSet.Budget budget = new SequenceSet.Budget(MAX_RANGES);
  private final long openedAt;
  private volatile long ends;
  private long lastHeardAt;
  private long taken;
  private long leftOut;
  private long restarts;
  private long forgotten;
  private long lostInForgotten;

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

  /**
   * Enters a batch that came.
   *
   * @return whether it is to be handed out: false if it is known to have come before
   */
  public synchronized boolean received(BatchOrigin origin, String peer) {
    StreamEntry entry = entry(origin.streamId(), peer, origin.sentAtNanos());
    long again = entry.duplicates;
    boolean forgotten = origin.sequence() < entry.sequences.floor();
    switch (entry.sequences.add(origin.sequence())) {
      case DUPLICATE -> entry.duplicates++;
      case LATE -> entry.reordered++;
      case NEXT -> {}
    }
    long before = entry.epochsOver;
    entry.reaches(origin.epoch());
    if (origin.isLastOfEpoch()) {
      entry.over(origin.epoch());
    }
    ends += entry.epochsOver - before;
    if (origin.isLastOfStream() && !entry.streamEnded) {
      entry.streamEnded = true;
      entry.endedAt = listened();
    }
    entry.took((wallClockNanos.getAsLong() - origin.sentAtNanos()) / 1000);
    return forgotten || entry.duplicates == again;
  }

  /** Enters an end that was told. */
  public synchronized void ended(EndNotice end, String peer) {
    // When it was sent is not said.
    StreamEntry entry = entry(end.streamId(), peer, Long.MIN_VALUE);
    entry.reaches(end.epoch());
    entry.over(end.epoch());
    ends++;
    entry.streamEnded |= end.lastOfStream();
    entry.endTold |= end.lastOfStream();
    entry.toldLast = Math.max(entry.toldLast, end.lastSequence());
  }

  /** Enters that something came that is of no stream, as of senders that tell nothing. */
  public synchronized void heard(String peer) {
    unheardSince.replace(peer, listened());
  }

  /** Leaves a time out in which nobody took anything: it was not the senders that were silent. */
  public synchronized void leaveOut(long nanos) {
    leftOut += nanos;
  }

  /** A clock for what the senders are blamed for. */
  private long listened() {
    return nanoClock.getAsLong() - leftOut;
  }

  /** {@return the stream that was heard last from an address} */
  public synchronized @Nullable Long streamOf(String peer) {
    return streamOfPeer.get(peer);
  }

  /** {@return whether a stream is in the book: it was heard, and not forgotten} */
  public synchronized boolean knows(long streamId) {
    return streams.containsKey(streamId);
  }

  private StreamEntry entry(long streamId, String peer, long sentAt) {
    // Boxed once for a sender, not for each batch.
    Long known = streamOfPeer.get(peer);
    Long key = known != null && known == streamId ? known : Long.valueOf(streamId);
    StreamEntry entry = streams.get(key);
    if (entry == null) {
      entry = new StreamEntry(budget);
      streams.put(key, entry);
    }
    entry.heardAt = nanoClock.getAsLong();
    entry.absentSince = StreamEntry.PRESENT;
    entry.quietSince = listened();
    lastHeardAt = entry.heardAt;
    entry.takenAt = ++taken;
    if (!peer.equals(entry.peer) || isBack(entry, sentAt)) {
      entry.peer = peer;
      entry.superseded = false;
      if (!peer.isEmpty()) {
        moveIn(entry, streamId, peer);
      }
    }
    entry.sentAt = Math.max(entry.sentAt, sentAt);
    forgetOldest();
    return entry;
  }

  /**
   * {@return whether a stream that another one followed behind its address has come back there} One
   * address may lead to several senders in turn. What was left of the older stream, and is taken
   * only now, was sent before the other's.
   */
  private boolean isBack(StreamEntry entry, long sentAt) {
    if (!entry.superseded) {
      return false;
    }
    Long other = streamOfPeer.get(entry.peer);
    StreamEntry follower = other == null ? null : streams.get(other);
    return follower == null || sentAt > follower.sentAt;
  }

  /** Of two streams behind one address the older does not come back, unless by another. */
  private void moveIn(StreamEntry entry, long streamId, String peer) {
    Long old = streamOfPeer.put(peer, streamId);
    if (old != null && old != streamId) {
      moveOut(old, peer);
    }
    entry.addresses.add(peer);
    if (entry.addresses.size() > MAX_ADDRESSES) {
      String oldest = entry.addresses.iterator().next();
      entry.addresses.remove(oldest);
      streamOfPeer.remove(oldest, streamId);
    }
  }

  private void moveOut(long streamId, String peer) {
    for (Map.Entry<Long, StreamEntry> each : streams.entrySet()) {
      StreamEntry entry = each.getValue();
      if (each.getKey() == streamId && entry.addresses.remove(peer) && entry.addresses.isEmpty()) {
        restarts++;
        entry.superseded = true;
      }
    }
  }

  /** One that does not come back goes first, so that no peer can have others forgotten. */
  private void forgetOldest() {
    if (streams.size() > MAX_STREAMS) {
      long oldest = oldest();
      StreamEntry gone = Objects.requireNonNull(streams.remove(oldest));
      gone.addresses.forEach(address -> streamOfPeer.remove(address, oldest));
      forgotten++;
      lostInForgotten = sum(lostInForgotten, gone.missing());
      gone.sequences.discard();
    }
  }

  private long oldest() {
    for (Map.Entry<Long, StreamEntry> each : streams.entrySet()) {
      if (each.getValue().superseded) {
        return each.getKey();
      }
    }
    return streams.keySet().iterator().next();
  }

  /** What one sender makes up must not turn the sum negative. */
  private static long sum(long one, long other) {
    return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
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
    for (StreamEntry entry : streams.values()) {
      sum = sum(sum, entry.missing());
    }
    return sum;
  }

  /** {@return all streams, the one silent longest first} */
  public synchronized List<StreamStats> streams() {
    List<StreamStats> stats = new ArrayList<>();
    streams.forEach((id, entry) -> stats.add(stats(id, entry)));
    return stats;
  }

  private StreamStats stats(long id, StreamEntry entry) {
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
        entry.superseded,
        new StreamStats.Latency(
            1000 * micros.getValueAtPercentile(50),
            1000 * micros.getValueAtPercentile(99),
            1000 * micros.getMaxValue()),
        missingMeans);
  }

  private static List<SequenceRange> gaps(StreamEntry entry) {
    List<SequenceRange> gaps = new ArrayList<>(entry.sequences.gaps(MAX_GAPS));
    if (entry.sequences.first() >= 0 && entry.toldLast > entry.sequences.last()) {
      gaps.add(new SequenceRange(entry.sequences.last() + 1, entry.toldLast));
    }
    return gaps;
  }

  /**
   * Says how far the senders are with their epochs.
   *
   * @param used for each stream how many of its ends were used up before
   * @param senders that are connected
   */
  public synchronized Epochs epochs(Map<Long, Long> used, ConnectedSenders senders) {
    long now = nanoClock.getAsLong();
    long listened = listened();
    List<Long> done = new ArrayList<>();
    List<String> open = new ArrayList<>();
    Map<Long, Long> behind = new HashMap<>();
    Map<Long, String> gone = new LinkedHashMap<>();
    Set<String> unheard = new HashSet<>(senders.addresses());
    // They may have come, sent all they had, and gone.
    unheard.addAll(senders.waiting());
    long heard = 0;
    long quiet = Long.MAX_VALUE;
    boolean toldEnd = false;
    boolean goesOn = false;
    boolean shared = missingMeans == StreamStats.Missing.ELSEWHERE_OR_LOST;
    for (Map.Entry<Long, StreamEntry> each : streams.entrySet()) {
      StreamEntry entry = each.getValue();
      unheard.removeAll(entry.addresses);
      heard += entry.superseded ? 0 : 1;
      entry.look(senders, now);
      toldEnd |= entry.streamEnded;
      boolean over = entry.isOver(senders, shared, listened);
      goesOn |= !over && (entry.streamEnded || !entry.isGone(now));
      long ends = used.getOrDefault(each.getKey(), 0L);
      entry.settle(ends);
      if (entry.epochsOver(over) > ends) {
        done.add(each.getKey());
      } else if (entry.isGone(now)) {
        if (!entry.streamEnded) {
          gone.put(each.getKey(), entry.peer);
        }
      } else if (!over) {
        open.add(entry.peer);
        behind.put(each.getKey(), entry.epochsOver(over));
        if (!Collections.disjoint(entry.addresses, senders.waiting())) {
          entry.quietSince = listened;
        }
        boolean heardOut = senders.known() || hadItsTurns(entry);
        quiet = Math.min(quiet, heardOut ? listened - entry.quietSince : 0);
      }
    }
    open.addAll(unheard);
    quiet = Math.min(quiet, quietOfUnheard(unheard, senders, listened));
    boolean allHeard = heard >= senders.expected();
    if (!allHeard && now - openedAt < GONE_NANOS) {
      open.add("senders that are not connected yet");
      quiet = Math.min(quiet, now - openedAt);
    }
    boolean waitedFor = senders.known() && now - lastHeardAt >= GONE_NANOS;
    boolean ended = toldEnd && !goesOn && unheard.isEmpty() && (allHeard || waitedFor);
    return new Epochs(done, open, behind, unheard, quiet, gone, ended);
  }

  private long quietOfUnheard(Set<String> unheard, ConnectedSenders senders, long listened) {
    unheardSince.keySet().retainAll(unheard);
    long quiet = Long.MAX_VALUE;
    for (String address : unheard) {
      if (senders.waiting().contains(address)) {
        unheardSince.put(address, listened);
      }
      quiet = Math.min(quiet, listened - unheardSince.computeIfAbsent(address, key -> listened));
    }
    return quiet;
  }

  /**
   * {@return whether so much came of others that something of this one, if it waited, would have
   * been among it} Where it cannot be told of whom something waits, nobody else is known to be
   * quiet.
   */
  private boolean hadItsTurns(StreamEntry entry) {
    return taken - entry.takenAt >= SLACK + (long) ROUNDS * streams.size();
  }

  /**
   * How far the senders are.
   *
   * @param done streams of which one more epoch is over
   * @param open addresses of senders that are still at it, or have not been heard yet
   * @param behind how many ends were told by each stream of those senders
   * @param unheard addresses of those of them that are in no stream
   * @param quietNanos for how long nothing was heard of any of the open ones; 0 where that cannot
   *     be told
   * @param gone addresses of senders that went away in the middle, by stream; one that was started
   *     again behind the same address is another stream
   * @param ended whether nothing follows: at least one sender told so, and so did all that are
   *     there
   */
  public record Epochs(
      List<Long> done,
      List<String> open,
      Map<Long, Long> behind,
      Set<String> unheard,
      long quietNanos,
      Map<Long, String> gone,
      boolean ended) {
    /** {@return whether an epoch is over at all senders that are there} */
    public boolean isOver() {
      return open.isEmpty() && !done.isEmpty();
    }

    /** {@return whether it is over at some, and nothing was heard of the others for so long} */
    public boolean isOverBut(long silenceNanos) {
      return !done.isEmpty() && quietNanos >= silenceNanos;
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
                    entry.peer,
                    entry.toldLast,
                    entry.streamEnded,
                    entry.sequences.floor(),
                    entry.sequences.ranges())));
    return new StreamReport(ranges);
  }
}
