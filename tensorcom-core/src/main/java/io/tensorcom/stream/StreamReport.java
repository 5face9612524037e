// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which batches of which streams came. What pushers split among pullers is put together again from
 * the reports of all of them. Immutable.
 *
 * @param streams by stream id
 */
public record StreamReport(Map<Long, Ranges> streams) {
  /**
   * What came of one stream.
   *
   * @param peer the sender's address
   * @param toldLast the highest sequence the sender told to have sent, -1 if it told none
   * @param streamEnded whether the sender told that nothing follows
   * @param knownFrom below which it has been forgotten what came; 0 if nothing was
   * @param received what came; ranges may overlap when reports have been merged
   */
  public record Ranges(
      String peer,
      long toldLast,
      boolean streamEnded,
      long knownFrom,
      List<SequenceRange> received) {
    /** Copies the ranges. */
    public Ranges {
      received = List.copyOf(received);
    }

    private String toText() {
      String head = knownFrom == 0 ? "" : knownFrom + "?";
      return head + (received.isEmpty() ? "-" : String.join(",", Verdict.texts(received)));
    }
  }

  /**
   * What all receivers together have of one stream.
   *
   * @param streamId of the sender socket
   * @param peer the sender's address
   * @param sent from sequence 0 to the last that is known
   * @param received different ones of them, as far as it is known
   * @param unknown how many somebody may have had and forgotten: see {@link Ranges#knownFrom}
   * @param missing what nobody has
   * @param duplicates how many more than once
   * @param tailUnknown whether batches after the last known may have been sent: no end was told
   */
  public record Verdict(
      long streamId,
      String peer,
      long sent,
      long received,
      long unknown,
      List<SequenceRange> missing,
      long duplicates,
      boolean tailUnknown) {
    /** {@return how many nobody has} */
    public long lost() {
      return sent - received - unknown;
    }

    /** {@return for example {@code lost 3 of 100 from 10.0.1.149:7880: 7, 12-13}} */
    @Override
    public String toString() {
      String ranges = missing.isEmpty() ? "" : ": " + String.join(", ", texts(missing));
      String tail = tailUnknown ? "; unknown tail" : "";
      String head = unknown == 0 ? "" : "; %,d not known any more".formatted(unknown);
      return StreamStats.lossLine("lost", lost(), sent, peer) + ranges + head + tail;
    }

    private static List<String> texts(List<SequenceRange> ranges) {
      return ranges.stream().map(SequenceRange::toString).toList();
    }
  }

  /** Copies the streams. */
  public StreamReport {
    streams = Map.copyOf(streams);
  }

  /** {@return one verdict per stream over the reports of all receivers that share the streams} */
  public static List<Verdict> merge(Collection<StreamReport> reports) {
    Map<Long, List<Ranges>> all = new LinkedHashMap<>();
    for (StreamReport report : reports) {
      report.streams.forEach(
          (id, ranges) -> all.computeIfAbsent(id, key -> new ArrayList<>()).add(ranges));
    }
    List<Verdict> verdicts = new ArrayList<>();
    all.forEach((id, ranges) -> verdicts.add(verdict(id, ranges)));
    return verdicts;
  }

  private static Verdict verdict(long id, List<Ranges> parts) {
    List<SequenceRange> sorted = new ArrayList<>();
    long last = -1;
    long knownFrom = 0;
    boolean ended = false;
    for (Ranges part : parts) {
      sorted.addAll(part.received);
      last = Math.max(last, part.toldLast);
      knownFrom = Math.max(knownFrom, part.knownFrom);
      ended |= part.streamEnded;
    }
    sorted.sort(Comparator.comparingLong(SequenceRange::first));
    Absent absent = new Absent(knownFrom);
    long next = 0;
    long received = 0;
    long duplicates = 0;
    for (SequenceRange range : sorted) {
      absent.add(next, range.first() - 1);
      long from = Math.max(next, range.first());
      long fresh = Math.max(0, range.last() - from + 1);
      received += fresh;
      duplicates += range.count() - fresh;
      next = Math.max(next, after(range.last()));
    }
    long sent = Math.max(next, Math.max(after(last), knownFrom));
    absent.add(next, sent - 1);
    return new Verdict(
        id,
        parts.get(0).peer,
        sent,
        received,
        absent.unknown,
        List.copyOf(absent.missing),
        duplicates,
        !ended);
  }

  /** {@return the next number, which the last one of all does not have} */
  private static long after(long sequence) {
    return sequence == Long.MAX_VALUE ? sequence : sequence + 1;
  }

  /** What no report has: missing, or not known any more. */
  private static final class Absent {
    private final long knownFrom;
    private final List<SequenceRange> missing = new ArrayList<>();
    private long unknown;

    Absent(long knownFrom) {
      this.knownFrom = knownFrom;
    }

    void add(long first, long last) {
      long known = Math.max(first, knownFrom);
      unknown += Math.max(0, Math.min(last + 1, knownFrom) - first);
      if (last >= known) {
        missing.add(new SequenceRange(known, last));
      }
    }
  }

  /**
   * {@return a line per stream: id, told last, whether ended, ranges, address; before the ranges
   * {@code 7?} if it is not known what came below 7}
   */
  public List<String> toLines() {
    List<String> lines = new ArrayList<>();
    streams.forEach(
        (id, ranges) ->
            lines.add(
                "%016x %d %b %s %s"
                    .formatted(
                        id, ranges.toldLast, ranges.streamEnded, ranges.toText(), ranges.peer)));
    return lines;
  }

  /**
   * Reads what {@link #toLines} wrote.
   *
   * @throws IllegalArgumentException if a line is anything else
   */
  public static StreamReport ofLines(List<String> lines) {
    Map<Long, Ranges> streams = new LinkedHashMap<>();
    for (String line : lines) {
      String[] words = line.split(" ", 5);
      if (words.length != 5) {
        throw new IllegalArgumentException("line of a report: " + line + " (expected: 5 words)");
      }
      List<SequenceRange> ranges = new ArrayList<>();
      int head = words[3].indexOf('?');
      String list = words[3].substring(head + 1);
      for (String range : list.equals("-") ? new String[0] : list.split(",", -1)) {
        int dash = range.indexOf('-');
        long first = Long.parseLong(dash < 0 ? range : range.substring(0, dash));
        ranges.add(
            new SequenceRange(first, dash < 0 ? first : Long.parseLong(range.substring(dash + 1))));
      }
      streams.put(
          Long.parseUnsignedLong(words[0], 16),
          new Ranges(
              words[4],
              Long.parseLong(words[1]),
              Boolean.parseBoolean(words[2]),
              head < 0 ? 0 : Long.parseLong(words[3].substring(0, head)),
              ranges));
    }
    return new StreamReport(streams);
  }
}
