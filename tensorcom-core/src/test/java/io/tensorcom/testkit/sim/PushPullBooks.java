// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.StreamLedger;
import io.tensorcom.stream.StreamReport;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the receivers of a {@link PushPullScenario} have in their books must be what happened.
 *
 * @param received what came, once for each batch: its sender times 1,000 and its number
 * @param faulty whether connections broke
 */
record PushPullBooks(
    SimWorld world,
    List<SimPusher> senders,
    List<SimPuller> receivers,
    List<Long> received,
    boolean faulty) {
  /** Longer than a receiver waits for who has gone. */
  private static final long GONE_NANOS = TimeUnit.SECONDS.toNanos(6);

  /** What the receivers report together is what was lost, to the message. */
  void checkReports(boolean finishes) {
    List<StreamReport> reports = receivers.stream().map(each -> each.ledger.report()).toList();
    for (SimPuller receiver : receivers) {
      StreamReport report = receiver.ledger.report();
      for (SimPusher sender : senders) {
        boolean heardOut = receiver.heardOut.contains((long) sender.id);
        StreamReport.Ranges heard = report.streams().get((long) sender.id);
        assertThat(heard != null && heard.streamEnded()).isEqualTo(heardOut);
        assertThat(heardOut || (faulty && finishes) || sender.killed)
            .as("every receiver heard the end")
            .isTrue();
      }
    }
    List<StreamReport.Verdict> verdicts = StreamReport.merge(reports);
    assertThat(verdicts).as("numbers").allMatch(each -> each.lost() >= 0 && each.sent() >= 0);
    for (StreamReport.Verdict verdict : verdicts) {
      if (verdict.streamId() < 0 || verdict.streamId() >= senders.size()) {
        // That of a stranger, who may have spoilt the number.
        continue;
      }
      SimPusher sender = senders.get((int) verdict.streamId());
      long came = received.stream().filter(id -> id / 1000 == sender.id).count();
      assertThat(verdict.duplicates()).isZero();
      boolean ended = receivers.stream().anyMatch(r -> r.heardOut.contains((long) sender.id));
      assertThat(verdict.tailUnknown()).isEqualTo(!ended);
      long lost = sender.next - came;
      if (verdict.tailUnknown()) {
        assertThat(verdict.sent()).isLessThanOrEqualTo(sender.count);
        assertThat(verdict.lost()).as("reported as lost, at least").isLessThanOrEqualTo(lost);
      } else {
        assertThat(verdict.sent()).isEqualTo(sender.count);
        assertThat(verdict.lost()).as("reported as lost").isEqualTo(lost);
      }
    }
  }

  /** Senders that were started again are known, and no epoch stays open when all is over. */
  void checkStreams(boolean receiversBind) {
    if (!world.strangers().isEmpty()) {
      return;
    }
    // Who is not there is looked at twice.
    receivers.forEach(each -> each.epochs(Map.of()));
    world.schedule(GONE_NANOS, () -> {});
    world.runUntil(world.nanoTime() + GONE_NANOS);
    int most = senders.stream().mapToInt(each -> each.stream.epochs()).max().orElseThrow();
    for (SimPuller receiver : receivers) {
      List<SimPusher> heard = senders.stream().filter(receiver::heard).toList();
      long places = heard.stream().map(each -> each.place).distinct().count();
      assertThat(receiver.ledger.restarts())
          .as("senders that were started again")
          .isEqualTo(receiversBind ? 0 : heard.size() - places);
      Map<Long, Long> used = new HashMap<>();
      int over = 0;
      StreamLedger.Epochs epochs = receiver.epochs(used);
      assertThat(epochs.ended()).as("ended").isEqualTo(!receiver.heardOut.isEmpty());
      while (epochs.isOver()) {
        epochs.done().forEach(id -> used.merge(id, 1L, Long::sum));
        epochs = receiver.epochs(used);
        over++;
      }
      assertThat(epochs.open()).as("open epochs").isEmpty();
      // Who comes late is not told of epochs that were over then.
      assertThat(over).as("epochs").isBetween(receiver.heardOut.isEmpty() ? 0 : 1, most);
    }
  }
}
