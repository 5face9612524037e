// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Tag;
import io.tensorcom.MembershipStats;
import io.tensorcom.TransferStats;
import io.tensorcom.tensor.PoolStats;
import io.tensorcom.transport.SocketStats;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class FiguresTest {
  private static final SocketStats SOCKET =
      new SocketStats(
          1, 2, 3, 4, 5, 6, 7, 8, 9, 10, Map.of(Figures.IN_HANDSHAKE, 11L), List.of(), List.of());
  private static final MembershipStats NAMES = new MembershipStats(21, 22, 23, 24, 25, 26);
  private static final PoolStats POOL = new PoolStats(31, 32, 33, 34, 35, 36, false);
  private static final TransferStats TRANSFER =
      new TransferStats(41, 42, 43, 44, 45, SOCKET, NAMES, List.of(), 46, 47, 48_000_000_000L);
  private static final Reading READING = new Reading(0, TRANSFER, POOL, Map.of(), 51);

  private static Map<String, Double> values(List<Figure<Reading>> figures) {
    Map<String, Double> values = new HashMap<>();
    for (Figure<Reading> figure : figures) {
      String tags = figure.tags().stream().map(Tag::getValue).collect(Collectors.joining());
      values.put(figure.name() + " " + tags, figure.value().applyAsDouble(READING));
    }
    return values;
  }

  @Test
  void shouldShowItsOwnNumberWhenReadOfASocket() {
    assertThat(values(Figures.ofSockets()))
        .containsEntry("tensorcom.batches ", 41.0)
        .containsEntry("tensorcom.data ", 42.0)
        .containsEntry("tensorcom.stall ", 48.0)
        .containsEntry("tensorcom.dropped cut_off", 9.0)
        .containsEntry("tensorcom.copies ", 6.0)
        .containsEntry("tensorcom.reconnects ", 10.0)
        .containsEntry("tensorcom.handshake.failures ", 11.0)
        .containsEntry("tensorcom.peers ", 3.0)
        .containsEntry("tensorcom.peers.unlisted ", 51.0);
    assertThat(values(Figures.ofSenders()))
        .containsEntry("tensorcom.dropped slow_peer", 5.0)
        .containsEntry("tensorcom.unheard ", 4.0)
        .containsEntry("tensorcom.flushed ", 8.0);
    assertThat(values(Figures.ofReceivers()))
        .containsEntry("tensorcom.dropped malformed", 45.0)
        .containsEntry("tensorcom.dropped refused", 7.0)
        .containsEntry("tensorcom.restarts ", 46.0);
  }

  @Test
  void shouldShowItsOwnNumberWhenReadOfNames() {
    assertThat(values(Figures.ofNames()))
        .containsEntry("tensorcom.endpoints.known ", 21.0)
        .containsEntry("tensorcom.endpoints.connected ", 22.0)
        .containsEntry("tensorcom.endpoints.added ", 23.0)
        .containsEntry("tensorcom.endpoints.removed ", 24.0)
        .containsEntry("tensorcom.endpoints.unreachable ", 25.0)
        .containsEntry("tensorcom.endpoints.stale ", 26.0);
  }

  @Test
  void shouldShowItsOwnNumberWhenReadOfAPool() {
    assertThat(values(Figures.ofPools()))
        .containsEntry("tensorcom.pool.budget ", 31.0)
        .containsEntry("tensorcom.pool.leased ", 32.0)
        .containsEntry("tensorcom.pool.idle ", 33.0)
        .containsEntry("tensorcom.pool.leases ", 34.0)
        .containsEntry("tensorcom.pool.leaks ", 35.0)
        .containsEntry("tensorcom.pool.exhaustions ", 36.0);
  }
}
