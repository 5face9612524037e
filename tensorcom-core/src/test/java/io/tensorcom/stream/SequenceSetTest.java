// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** What came, against a plain set of numbers. */
final class SequenceSetTest {
  private static List<SequenceRange> rangesOf(NavigableSet<Long> numbers) {
    List<SequenceRange> ranges = new ArrayList<>();
    for (long number : numbers) {
      SequenceRange last = ranges.isEmpty() ? null : ranges.get(ranges.size() - 1);
      if (last != null && last.last() == number - 1) {
        ranges.set(ranges.size() - 1, new SequenceRange(last.first(), number));
      } else {
        ranges.add(new SequenceRange(number, number));
      }
    }
    return ranges;
  }

  private static List<SequenceRange> gapsOf(List<SequenceRange> ranges) {
    List<SequenceRange> gaps = new ArrayList<>();
    for (int i = 1; i < ranges.size(); i++) {
      gaps.add(new SequenceRange(ranges.get(i - 1).last() + 1, ranges.get(i).first() - 1));
    }
    return gaps;
  }

  @Property
  void shouldAgreeWithAPlainSetWhenAnythingComesInAnyOrder(
      @ForAll @Size(min = 1, max = 60) List<@LongRange(min = 0, max = 90) Long> numbers) {
    SequenceSet set = set(0);
    TreeSet<Long> plain = new TreeSet<>();
    long highest = -1;
    for (long number : numbers) {
      SequenceSet.Added expected =
          plain.contains(number)
              ? SequenceSet.Added.DUPLICATE
              : number > highest ? SequenceSet.Added.NEXT : SequenceSet.Added.LATE;
      assertThat(set.add(number)).isEqualTo(expected);
      plain.add(number);
      highest = Math.max(highest, number);
    }

    List<SequenceRange> ranges = rangesOf(plain);
    assertThat(set.received()).isEqualTo(plain.size());
    assertThat(set.first()).isEqualTo(plain.first());
    assertThat(set.last()).isEqualTo(plain.last());
    assertThat(set.missing()).isEqualTo(plain.last() - plain.first() + 1 - plain.size());
    assertThat(set.ranges()).isEqualTo(ranges);
    assertThat(set.gaps(100)).isEqualTo(gapsOf(ranges));
  }

  @Test
  void shouldKnowAllThatCameWhenNothingWasMissingForLong() {
    SequenceSet set = set(0);
    for (long i = 0; i <= 1 << 24; i++) {
      set.add(i);
    }

    assertThat(set.ranges()).containsExactly(new SequenceRange(0, 1 << 24));
    assertThat(set.missing()).isZero();
    assertThat(set.floor()).isZero();
  }

  @Test
  void shouldForgetTheOldestButStillCountItWhenThereAreTooManyRanges() {
    SequenceSet set = set(0);
    int count = SequenceSet.SURE_RANGES;
    for (long i = 0; i <= count; i++) {
      assertThat(set.add(2 * i)).isEqualTo(SequenceSet.Added.NEXT);
    }

    assertThat(set.ranges()).hasSize(count - count / 4 + 1);
    assertThat(set.floor()).isEqualTo(count / 2 - 1);
    assertThat(set.received()).isEqualTo(count + 1);
    assertThat(set.missing()).isEqualTo(count);
    assertThat(set.first()).isZero();
    assertThat(set.add(3)).as("cannot be told any more").isEqualTo(SequenceSet.Added.DUPLICATE);
    assertThat(set.add(2L * count - 1)).isEqualTo(SequenceSet.Added.LATE);
  }

  @Test
  void shouldShareTheBudgetWhenSetsHaveManyRanges() {
    SequenceSet.Budget budget = new SequenceSet.Budget(10);
    SequenceSet one = new SequenceSet(budget);
    SequenceSet two = new SequenceSet(budget);
    int most = SequenceSet.SURE_RANGES + 10;
    fill(one, most);
    assertThat(one.floor()).isZero();
    fill(two, most);
    assertThat(two.floor()).isPositive();

    for (long i = 0; i < 10; i++) {
      one.add(2 * i + 1);
    }
    SequenceSet three = new SequenceSet(budget);
    fill(three, most);
    assertThat(three.floor()).as("gaps of the first were closed").isZero();
    three.discard();
    SequenceSet four = new SequenceSet(budget);
    fill(four, most);
    assertThat(four.floor()).as("the third was discarded").isZero();
  }

  private static void fill(SequenceSet set, int ranges) {
    for (long i = 0; i < ranges; i++) {
      set.add(2 * i);
    }
  }

  private static SequenceSet set(int budget) {
    return new SequenceSet(new SequenceSet.Budget(budget));
  }

  @Test
  void shouldNotOverflowWhenNumbersAreAsLargeAsTheyCanBe() {
    SequenceSet set = set(0);
    set.add(0);

    set.add(Long.MAX_VALUE);

    assertThat(set.last()).isEqualTo(Long.MAX_VALUE);
    assertThat(set.missing()).isPositive();
  }

  @Test
  void shouldNameTheNewestGapsWhenThereAreTooMany() {
    SequenceSet set = set(0);
    for (int i = 0; i <= 20; i += 2) {
      set.add(i);
    }

    assertThat(set.gaps(2)).containsExactly(new SequenceRange(17, 17), new SequenceRange(19, 19));
  }
}
