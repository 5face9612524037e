// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Which sequence numbers of a stream have come: a bit for each, over a window that moves on. What
 * is missing below the window counts as missing for good. Not thread-safe.
 */
final class SequenceSet {
  /** What became of a number that was added. */
  enum Added {
    NEXT,
    LATE,
    DUPLICATE
  }

  /** 2 MiB of bits at most: a day and a half at 100 batches a second. */
  static final int WINDOW = 1 << 24;

  private final BitSet bits = new BitSet();
  private long first = -1;
  private long last = -1;
  private long base;
  private long received;

  /** Adds a number; anything from 0 on. */
  Added add(long sequence) {
    if (first < 0) {
      first = sequence;
      base = sequence;
    }
    if (sequence < base) {
      return sequence < first && base == first ? addBefore(sequence) : Added.DUPLICATE;
    }
    if (sequence - base >= WINDOW) {
      moveWindow(sequence);
    }
    int bit = (int) (sequence - base);
    if (bits.get(bit)) {
      return Added.DUPLICATE;
    }
    bits.set(bit);
    received++;
    boolean next = sequence > last;
    last = Math.max(last, sequence);
    return next ? Added.NEXT : Added.LATE;
  }

  /** What came first was not the first: several peers, or a connection that was made anew. */
  private Added addBefore(long sequence) {
    if (base - sequence >= WINDOW - bits.length()) {
      return Added.DUPLICATE;
    }
    int shift = (int) (base - sequence);
    BitSet moved = new BitSet();
    bits.stream().forEach(bit -> moved.set(bit + shift));
    bits.clear();
    bits.or(moved);
    base = sequence;
    first = sequence;
    bits.set(0);
    received++;
    return Added.LATE;
  }

  private void moveWindow(long sequence) {
    long newBase = Math.max(base + WINDOW / 2, sequence - WINDOW / 2);
    if (newBase - base >= WINDOW) {
      bits.clear();
    } else {
      BitSet kept = bits.get((int) (newBase - base), bits.length());
      bits.clear();
      bits.or(kept);
    }
    base = newBase;
  }

  /** {@return the lowest number, -1 if none came} */
  long first() {
    return first;
  }

  /** {@return the highest number, -1 if none came} */
  long last() {
    return last;
  }

  /** {@return different numbers that came} */
  long received() {
    return received;
  }

  /** {@return numbers between the lowest and the highest that did not come} */
  long missing() {
    return first < 0 ? 0 : last - first + 1 - received;
  }

  /** {@return the ranges that came, oldest first, of the window} */
  List<SequenceRange> ranges() {
    List<SequenceRange> ranges = new ArrayList<>();
    for (int from = bits.nextSetBit(0); from >= 0; ) {
      int to = bits.nextClearBit(from);
      ranges.add(new SequenceRange(base + from, base + to - 1));
      from = bits.nextSetBit(to);
    }
    return ranges;
  }

  /** {@return the newest gaps, oldest first, at most so many} */
  List<SequenceRange> gaps(int most) {
    List<SequenceRange> gaps = new ArrayList<>();
    int to = bits.length() - 1;
    while (to >= 0 && gaps.size() < most) {
      int clear = bits.previousClearBit(to);
      int set = clear < 0 ? -1 : bits.previousSetBit(clear);
      if (clear < 0 || (set < 0 && base == first)) {
        break;
      }
      gaps.add(0, new SequenceRange(base + set + 1, base + clear));
      to = set;
    }
    return gaps;
  }
}
