// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tensorcom.EpochReport;
import io.tensorcom.EpochReport.End;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of epochs in which servers are missing. */
final class LostServersTest {
  private static final String ADDRESS = "tcp://10.0.0.7:7880";

  private final LoadCounters counters = new LoadCounters();

  private LostServers servers(OnLostServer choice) {
    return new LostServers(choice, Duration.ofSeconds(2), counters);
  }

  private static EpochReport report(
      long batches, End end, List<String> unfinished, List<String> gone) {
    return new EpochReport(3, batches, end, unfinished, gone);
  }

  @Test
  void shouldCountOrThrowWhenAServerGoesAwayAndOthersEndTheEpoch() {
    EpochReport report = report(7, End.TOLD, List.of(), List.of(ADDRESS));
    servers(OnLostServer.CONTINUE).check(report, false);
    assertThat(counters.stats(0).lostServers()).isEqualTo(1);

    assertThatExceptionOfType(ServersLostException.class)
        .isThrownBy(() -> servers(OnLostServer.THROW).check(report, false))
        .withMessageContaining("servers went away in epoch 3: batches=7, gone=[" + ADDRESS + "]")
        .satisfies(e -> assertThat(e.gone()).containsExactly(ADDRESS));
  }

  @ParameterizedTest
  @EnumSource(OnLostServer.class)
  void shouldNameWhoWentAwayEarlierWhenNothingComesAnyMore(OnLostServer choice) {
    LostServers servers = servers(choice);
    EpochReport partial = report(7, End.SILENCE, List.of(), List.of(ADDRESS));
    if (choice == OnLostServer.CONTINUE) {
      servers.check(partial, false);
    } else {
      assertThatExceptionOfType(ServersLostException.class)
          .isThrownBy(() -> servers.check(partial, false));
    }

    assertThatExceptionOfType(ServersLostException.class)
        .isThrownBy(() -> servers.check(report(0, End.SILENCE, List.of(), List.of()), false))
        .withMessageContaining("no batch for 2000 ms in epoch 3: batches=0, gone=[" + ADDRESS);
  }

  @Test
  void shouldNameWhoIsThereAndSilentWhenNothingComes() {
    assertThatExceptionOfType(ServersLostException.class)
        .isThrownBy(
            () ->
                servers(OnLostServer.CONTINUE)
                    .check(report(0, End.SILENCE, List.of(ADDRESS), List.of()), false))
        .withMessageContaining("unfinished=[" + ADDRESS + "]")
        .satisfies(e -> assertThat(e.unfinished()).containsExactly(ADDRESS));
  }

  @ParameterizedTest
  @EnumSource(OnLostServer.class)
  void shouldSayNothingWhenNothingIsMissing(OnLostServer choice) {
    LostServers servers = servers(choice);
    servers.check(report(7, End.TOLD, List.of(), List.of()), false);
    servers.check(report(0, End.TOLD, List.of(), List.of()), false);
    servers.check(report(0, End.SILENCE, List.of(), List.of()), true);

    assertThat(counters.stats(0).lostServers()).isZero();
  }
}
