// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import io.tensorcom.EpochReport;
import java.time.Duration;
import java.util.List;

/**
 * Servers went away in the middle of an epoch, or fell silent: {@link #gone} and {@link
 * #unfinished} have their addresses.
 */
public final class ServersLostException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient List<String> gone;
  private final transient List<String> unfinished;

  ServersLostException(EpochReport report, List<String> gone, Duration silence) {
    super(
        (report.end() == EpochReport.End.SILENCE
                ? "no batch for " + silence.toMillis() + " ms"
                : "servers went away")
            + " in epoch "
            + report.epoch()
            + ": batches="
            + report.batches()
            + ", gone="
            + gone
            + ", unfinished="
            + report.unfinished());
    this.gone = List.copyOf(gone);
    this.unfinished = report.unfinished();
  }

  /** {@return addresses of servers that went away without telling an end} */
  public List<String> gone() {
    return gone;
  }

  /** {@return addresses of servers that are there and have not told the end of the epoch} */
  public List<String> unfinished() {
    return unfinished;
  }
}
