// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.metrics;

import io.tensorcom.TransferStats;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.PoolStats;
import io.tensorcom.transport.PeerStats;
import java.util.Map;
import java.util.function.ToLongFunction;

/** All figures of one moment. */
record Reading(
    long nanoTime,
    TransferStats transfer,
    PoolStats pool,
    Map<String, PeerTotals> peers,
    int unlistedPeers) {

  double closedFor(String reason) {
    return transfer.socket().closed().getOrDefault(reason, 0L);
  }

  double queued() {
    return transfer.socket().peerStats().stream().mapToInt(PeerStats::queued).sum();
  }

  double missing(StreamStats.Missing means) {
    return transfer.streams().stream()
        .filter(each -> each.missingMeans() == means)
        .mapToLong(StreamStats::missing)
        .sum();
  }

  double sumOfStreams(ToLongFunction<StreamStats> count) {
    return transfer.streams().stream().mapToLong(count).sum();
  }

  /** {@return the latency of the slowest stream, in seconds} */
  double latency(ToLongFunction<StreamStats.Latency> quantile) {
    return transfer.streams().stream()
            .mapToLong(each -> quantile.applyAsLong(each.latency()))
            .max()
            .orElse(0)
        / 1e9;
  }
}
