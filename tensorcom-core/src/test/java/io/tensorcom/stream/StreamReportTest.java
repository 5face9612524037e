// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Reports of several pullers and the verdict over all. */
final class StreamReportTest {
  private static StreamReport report(long toldLast, boolean ended, long... bounds) {
    List<SequenceRange> ranges = new ArrayList<>();
    for (int i = 0; i < bounds.length; i += 2) {
      ranges.add(new SequenceRange(bounds[i], bounds[i + 1]));
    }
    return new StreamReport(
        Map.of(7L, new StreamReport.Ranges("tcp://10.0.0.1:7880", toldLast, ended, 0, ranges)));
  }

  @Property(tries = 200)
  void shouldFindExactlyWhatNobodyHasWhenAStreamIsSplitAtRandom(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int pullers) {
    Random random = new Random(seed);
    List<SequenceSet> sets = new ArrayList<>();
    for (int i = 0; i < pullers; i++) {
      sets.add(new SequenceSet(new SequenceSet.Budget(0)));
    }
    int last = 1 + random.nextInt(100);
    TreeSet<Long> lost = new TreeSet<>();
    for (long sequence = 0; sequence <= last; sequence++) {
      int to = random.nextInt(pullers + 1);
      if (to == pullers) {
        lost.add(sequence);
      } else {
        sets.get(to).add(sequence);
      }
    }
    List<StreamReport> reports = new ArrayList<>();
    for (SequenceSet set : sets) {
      StreamReport report =
          new StreamReport(
              Map.of(1L, new StreamReport.Ranges("tcp://a:1", last, true, 0, set.ranges())));
      reports.add(StreamReport.ofLines(report.toLines()));
    }

    StreamReport.Verdict verdict = StreamReport.merge(reports).get(0);

    assertThat(verdict.sent()).isEqualTo(last + 1);
    assertThat(verdict.lost()).isEqualTo(lost.size());
    TreeSet<Long> named = new TreeSet<>();
    for (SequenceRange range : verdict.missing()) {
      for (long i = range.first(); i <= range.last(); i++) {
        named.add(i);
      }
    }
    assertThat(named).isEqualTo(lost);
    assertThat(verdict.tailUnknown()).isFalse();
  }

  @Test
  void shouldSayThatTheTailIsUnknownWhenNoEndWasTold() {
    List<StreamReport.Verdict> verdicts =
        StreamReport.merge(List.of(report(-1, false, 0, 3), report(-1, false, 5, 5)));

    assertThat(verdicts).hasSize(1);
    assertThat(verdicts.get(0)).hasToString("lost 1 of 6 from 10.0.0.1:7880: 4; unknown tail");
  }

  @Test
  void shouldCountTheTailWhenTheEndWasToldToAnyOfThem() {
    StreamReport.Verdict verdict =
        StreamReport.merge(List.of(report(-1, false, 0, 3), report(9, true))).get(0);

    assertThat(verdict).hasToString("lost 6 of 10 from 10.0.0.1:7880: 4-9");
    assertThat(StreamReport.merge(List.of(report(9, true), report(-1, false, 0, 3))))
        .containsExactly(verdict);
  }

  @Test
  void shouldCountDuplicatesWhenTwoHaveTheSame() {
    StreamReport.Verdict verdict =
        StreamReport.merge(List.of(report(3, true, 0, 3), report(3, true, 2, 2))).get(0);

    assertThat(verdict.duplicates()).isEqualTo(1);
    assertThat(verdict).hasToString("lost 0 of 4 from 10.0.0.1:7880");
  }

  @Test
  void shouldNotCallLostWhatSomebodyMayHaveForgotten() {
    StreamReport forgetful =
        new StreamReport(
            Map.of(
                7L,
                new StreamReport.Ranges(
                    "tcp://a:1", 9, true, 4, List.of(new SequenceRange(5, 6)))));
    StreamReport other = report(9, true, 1, 2, 8, 8);

    StreamReport.Verdict verdict =
        StreamReport.merge(List.of(StreamReport.ofLines(forgetful.toLines()), other)).get(0);

    assertThat(verdict.lost()).isEqualTo(3);
    assertThat(verdict.unknown()).isEqualTo(2);
    assertThat(verdict).hasToString("lost 3 of 10 from a:1: 4, 7, 9; 2 not known any more");
  }

  @Test
  void shouldRefuseWithAReasonWhenALineIsNoReport() {
    for (String line : List.of("", "127.0.0.1 localhost", "1 2 true 5-3 a", "x 1 true - a")) {
      assertThatIllegalArgumentException()
          .as(line)
          .isThrownBy(() -> StreamReport.ofLines(List.of(line)));
    }
  }
}
