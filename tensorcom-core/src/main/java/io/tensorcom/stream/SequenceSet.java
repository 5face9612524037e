// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which sequence numbers of a stream have come, as sorted ranges. Numbers that follow each other
 * take no more memory, however many they are. When there are more ranges than there may be, the
 * oldest are forgotten: they still count, but which they were is not known. Not thread-safe.
 */
final class SequenceSet {
  /** What became of a number that was added. */
  enum Added {
    NEXT,
    LATE,
    DUPLICATE
  }

  /** Ranges that several sets may have together, beyond what each may have in any case. */
  static final class Budget {
    private int left;

    Budget(int ranges) {
      left = ranges;
    }

    private boolean take() {
      if (left == 0) {
        return false;
      }
      left--;
      return true;
    }
  }

  /** What each set may have in any case. */
  static final int SURE_RANGES = 1024;

  private final Budget budget;
  private long[] firsts = new long[4];
  private long[] lasts = new long[4];
  private int size;
  private long first = -1;
  private long floor;
  private long received;

  SequenceSet(Budget budget) {
    this.budget = budget;
  }

  /** Adds a number; anything from 0 on. */
  Added add(long sequence) {
    boolean next = size == 0 || sequence > lasts[size - 1];
    int before = next ? size - 1 : lastBeginningUpTo(sequence);
    if (sequence < floor || (!next && before >= 0 && sequence <= lasts[before])) {
      return Added.DUPLICATE;
    }
    boolean joinsBefore = before >= 0 && lasts[before] == sequence - 1;
    boolean joinsAfter = !next && firsts[before + 1] == sequence + 1;
    if (joinsBefore && joinsAfter) {
      lasts[before] = lasts[before + 1];
      remove(before + 1, 1);
    } else if (joinsBefore) {
      lasts[before] = sequence;
    } else if (joinsAfter) {
      firsts[before + 1] = sequence;
    } else {
      insert(before + 1, sequence);
    }
    received++;
    first = first < 0 ? sequence : Math.min(first, sequence);
    return next ? Added.NEXT : Added.LATE;
  }

  /** {@return the index of the last range that does not begin behind the number, or -1} */
  private int lastBeginningUpTo(long sequence) {
    int found = Arrays.binarySearch(firsts, 0, size, sequence);
    return found >= 0 ? found : -found - 2;
  }

  private void insert(int index, long sequence) {
    int at = index;
    if (size >= SURE_RANGES && !budget.take()) {
      int oldest = size / 4;
      floor = lasts[oldest - 1] + 1;
      remove(0, oldest);
      if (sequence < floor) {
        return;
      }
      at -= oldest;
      budget.left -= size >= SURE_RANGES ? 1 : 0;
    }
    if (size == firsts.length) {
      int longer = size + size / 2;
      firsts = Arrays.copyOf(firsts, longer);
      lasts = Arrays.copyOf(lasts, longer);
    }
    System.arraycopy(firsts, at, firsts, at + 1, size - at);
    System.arraycopy(lasts, at, lasts, at + 1, size - at);
    firsts[at] = sequence;
    lasts[at] = sequence;
    size++;
  }

  private void remove(int index, int count) {
    budget.left += Math.max(0, size - SURE_RANGES) - Math.max(0, size - count - SURE_RANGES);
    System.arraycopy(firsts, index + count, firsts, index, size - index - count);
    System.arraycopy(lasts, index + count, lasts, index, size - index - count);
    size -= count;
  }

  /** Gives its part of the budget back; the set is not used any more. */
  void discard() {
    remove(0, size);
  }

  /** {@return the lowest number, -1 if none came} */
  long first() {
    return first;
  }

  /** {@return the highest number, -1 if none came} */
  long last() {
    return size == 0 ? -1 : lasts[size - 1];
  }

  /** {@return below which it is not known what came; 0 if all is known} */
  long floor() {
    return floor;
  }

  /** {@return different numbers that came} */
  long received() {
    return received;
  }

  /** {@return numbers between the lowest and the highest that did not come} */
  long missing() {
    return size == 0 ? 0 : last() - first + 1 - received;
  }

  /** {@return the ranges that came, oldest first, as far as they are known} */
  List<SequenceRange> ranges() {
    List<SequenceRange> ranges = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      ranges.add(new SequenceRange(firsts[i], lasts[i]));
    }
    return ranges;
  }

  /** {@return the newest gaps, oldest first, at most so many} */
  List<SequenceRange> gaps(int most) {
    List<SequenceRange> gaps = new ArrayList<>();
    for (int i = Math.max(1, size - most); i < size; i++) {
      gaps.add(new SequenceRange(lasts[i - 1] + 1, firsts[i] - 1));
    }
    return gaps;
  }
}
