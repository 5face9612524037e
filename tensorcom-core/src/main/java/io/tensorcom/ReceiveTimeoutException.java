// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.tensor.PoolStats;
import io.tensorcom.transport.PeerStats;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * No batch came before the deadline. Says to whom the receiver listens, which peers are connected,
 * and how many leases of its pool are held: if those are all of it, the application holds the
 * batches that it should have closed; if the JVM has no direct memory for more, it says so. For
 * names without endpoints it says what was tried.
 */
public final class ReceiveTimeoutException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int MAX_ADDRESSES = 10;

  private final transient List<TensorcomUrl> urls;
  private final int peers;
  private final transient PoolStats pool;

  ReceiveTimeoutException(
      Duration timeout,
      List<TensorcomUrl> urls,
      TransferStats stats,
      PoolStats pool,
      String missing) {
    super(
        "no batch within "
            + timeout.toMillis()
            + " ms: urls="
            + urls
            + ", peers="
            + stats.socket().peers()
            + addresses(stats.socket().peerStats())
            + ", batches="
            + stats.batches()
            + ", malformed="
            + stats.malformed()
            + ", leases="
            + pool.leases()
            + ", leasedBytes="
            + pool.leasedBytes()
            + ", poolBytes="
            + pool.budgetBytes()
            + hint(stats, pool)
            + (missing.isEmpty() ? "" : "; names without endpoints: " + missing));
    this.urls = List.copyOf(urls);
    this.peers = stats.socket().peers();
    this.pool = pool;
  }

  private static String addresses(List<PeerStats> peers) {
    if (peers.isEmpty()) {
      return "";
    }
    return peers.stream()
        .limit(MAX_ADDRESSES)
        .map(PeerStats::peer)
        .collect(Collectors.joining(", ", " (", peers.size() > MAX_ADDRESSES ? ", ...)" : ")"));
  }

  private static String hint(TransferStats stats, PoolStats pool) {
    if (pool.refused()) {
      return "; the JVM has no direct memory: raise -XX:MaxDirectMemorySize or lower the budgets of"
          + " pools";
    }
    if (pool.leasedBytes() > pool.budgetBytes() / 2) {
      return "; the application holds batches: close them";
    }
    return stats.socket().peers() == 0 ? "; nobody is connected" : "";
  }

  /** {@return the URLs the receiver was opened with} */
  public List<TensorcomUrl> urls() {
    return urls;
  }

  /** {@return the peers connected when the time was over} */
  public int peers() {
    return peers;
  }

  /** {@return what the pool held when the time was over} */
  public PoolStats pool() {
    return pool;
  }
}
