// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.transport.zmtp.Scheduler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReadThresholdTest {
  private static final int MOST = ReadThreshold.MOST_BYTES;

  private final Deque<Runnable> due = new ArrayDeque<>();
  private final List<Integer> set = new ArrayList<>();
  private final ReadThreshold threshold =
      new ReadThreshold(
          set::add,
          new Scheduler() {
            @Override
            public long nanoTime() {
              throw new AssertionError("no clock is needed");
            }

            @Override
            public Timer schedule(long delayNanos, Runnable action) {
              assertThat(delayNanos).isEqualTo(ReadThreshold.PATIENCE_NANOS);
              due.addLast(action);
              return () -> {};
            }

            @Override
            public void execute(Runnable action) {
              throw new AssertionError("nothing is done later");
            }
          });

  private void patienceEnds() {
    due.removeFirst().run();
  }

  @Test
  void shouldFollowWhatABodyStillLacksWhenItIsLong() {
    threshold.drained(10 * MOST);
    threshold.drained(9 * MOST);
    threshold.drained(MOST - 1);
    threshold.drained(ReadThreshold.LEAST_BYTES);
    threshold.drained(ReadThreshold.LEAST_BYTES - 1);
    threshold.drained(0);

    assertThat(set).containsExactly(MOST, MOST - 1, ReadThreshold.LEAST_BYTES, 1);
    assertThat(due).as("one timer for all").hasSize(1);
  }

  @Test
  void shouldNotBeUsedWhenTheKernelIsTooOldOrNotKnown() {
    assertThat(List.of("3.10.0-1160.el7.x86_64", "4.4.0", "4.14.355-275.amzn2", "4.17.19", ""))
        .noneMatch(ReadThreshold::suits);
    assertThat(List.of("4.18.0-553.el8", "5.4.0", "6.1.0-13-amd64", "10.0.1"))
        .allMatch(ReadThreshold::suits);
  }

  @Test
  void shouldAskForNothingWhenMessagesAreShort() {
    threshold.drained(0);
    threshold.drained(1000);

    assertThat(set).isEmpty();
    assertThat(due).isEmpty();
  }

  @Test
  void shouldReadWhatIsThereWhenTooLittleComes() {
    threshold.drained(10 * MOST);
    patienceEnds();
    assertThat(set).containsExactly(MOST, 1);
    assertThat(due).isEmpty();

    threshold.drained(10 * MOST - 1000);
    assertThat(set).as("for the next part again").containsExactly(MOST, 1, MOST);
    assertThat(due).hasSize(1);
  }

  @Test
  void shouldStayWhenEnoughComes() {
    threshold.drained(10 * MOST);
    threshold.drained(9 * MOST);
    patienceEnds();
    assertThat(set).containsExactly(MOST);
    assertThat(due).as("it is looked after further").hasSize(1);
    patienceEnds();
    assertThat(set).as("nothing came since").containsExactly(MOST, 1);
  }

  @Test
  void shouldLookAfterNothingWhenTheBodyIsWhole() {
    threshold.drained(10 * MOST);
    threshold.drained(0);
    patienceEnds();

    assertThat(set).containsExactly(MOST, 1);
    assertThat(due).isEmpty();
  }
}
