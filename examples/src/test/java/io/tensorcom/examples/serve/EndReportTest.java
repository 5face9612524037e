// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.DrainReport;
import io.tensorcom.transport.GonePeer;
import io.tensorcom.transport.PeerStats;
import io.tensorcom.transport.SocketStats;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class EndReportTest {
  private final EndReport report = new EndReport();

  private static SocketStats stats(long unheard, long slow, long lost) {
    return new SocketStats(
        0, 0, 0, unheard, slow, 0, 0, 0, lost, 0, Map.of(), List.of(), List.of());
  }

  private static DrainReport drained(boolean complete, long sent, long left) {
    return new DrainReport(complete, sent, left, Map.of());
  }

  private List<String> printed() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    report.print(new PrintStream(bytes, true, StandardCharsets.UTF_8), Duration.ofSeconds(5));
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void shouldSayHowManyWereSentOnlyWhenNothingWentToNobody() {
    report.add(drained(true, 7, 0), stats(0, 0, 0), stats(0, 0, 0));
    report.add(drained(true, 4, 0), stats(0, 0, 0), stats(0, 0, 0));

    assertThat(printed()).containsExactly("sent 11 batches");
  }

  @Test
  void shouldAddUpWhatWentToNobodyWhenThereAreSeveralSenders() {
    report.add(drained(true, 100, 0), stats(1, 2, 3), stats(10, 20, 30));
    report.add(drained(true, 200, 0), stats(0, 0, 0), stats(1, 2, 3));

    assertThat(printed())
        .containsExactly(
            "published to nobody: 11",
            "dropped for slow receivers: 22",
            "cut off with a connection: 33",
            "sent 300 batches");
  }

  @Test
  void shouldCountWhatWasBegunAtTheDeadlineOnceWhenSomethingIsLeft() {
    // Closing cuts off what is being written, too, which is among the nine that are left.
    report.add(drained(false, 100, 9), stats(0, 0, 3), stats(0, 0, 4));
    report.add(drained(true, 200, 0), stats(0, 0, 1), stats(0, 0, 2));

    assertThat(printed())
        .containsExactly(
            "cut off with a connection: 5", "not delivered within 5 s: 9", "sent 300 batches");
  }

  @Test
  void shouldSayThatItIsNotKnownHowManyAreLeftWhenTheTransportDoesNotTell() {
    report.add(drained(false, 10, 0), stats(0, 0, 0), stats(0, 0, 0));

    assertThat(printed())
        .containsExactly("not delivered within 5 s: not known how many", "sent 10 batches");
  }

  @Test
  void shouldNameWhoWentWithoutWhenPeersLostSomething() {
    PeerStats slow = new PeerStats("tcp://10.0.0.7:41234", 5, 500, 0, 3);
    PeerStats gone = new PeerStats("tcp://10.0.0.8:41234", 5, 500, 2, 0);
    PeerStats well = new PeerStats("tcp://10.0.0.9:41234", 5, 500, 0, 0);
    List<GonePeer> peers =
        List.of(
            new GonePeer(slow, 0, "not_reading"),
            new GonePeer(gone, 2, GonePeer.ENDED),
            new GonePeer(well, 0, GonePeer.ENDED));
    SocketStats after = new SocketStats(0, 0, 0, 0, 3, 0, 0, 0, 2, 0, Map.of(), List.of(), peers);
    report.add(drained(true, 10, 0), stats(0, 0, 0), after);

    assertThat(report.isComplete()).isTrue();
    assertThat(printed())
        .containsExactly(
            "dropped for slow receivers: 3",
            "cut off with a connection: 2",
            "  tcp://10.0.0.7:41234: dropped as slow 3, not given whole 0, connection not_reading",
            "  tcp://10.0.0.8:41234: dropped as slow 0, not given whole 2, connection ended",
            "sent 10 batches");
  }
}
