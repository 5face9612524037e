// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import io.tensorcom.EpochReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Looks for servers that are missing at the ends of epochs. Used by one thread at a time. */
final class LostServers {
  private final OnLostServer onLostServer;
  private final Duration silence;
  private final LoadCounters counters;
  private final List<String> gone = new ArrayList<>();

  LostServers(OnLostServer onLostServer, Duration silence, LoadCounters counters) {
    this.onLostServer = onLostServer;
    this.silence = silence;
    this.counters = counters;
  }

  /**
   * Looks at an epoch that is over.
   *
   * @param isLast whether nothing follows, so that an empty epoch is no wonder
   * @throws ServersLostException if servers are missing, and training is not to go on
   */
  void check(EpochReport report, boolean isLast) {
    if (report.batches() > 0) {
      gone.clear();
    }
    // A report names each once; what is silent later is so for want of them.
    gone.addAll(report.gone());
    counters.lostServers(report.gone().size());
    boolean silent = report.end() == EpochReport.End.SILENCE && !isLast;
    boolean throwing = onLostServer == OnLostServer.THROW;
    if (silent ? throwing || report.batches() == 0 : throwing && !report.gone().isEmpty()) {
      throw new ServersLostException(report, gone, silence);
    }
  }
}
