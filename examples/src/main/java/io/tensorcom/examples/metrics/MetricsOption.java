// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.metrics;

import io.tensorcom.examples.log.ToolLog;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --metrics}, filled in by picocli. */
public final class MetricsOption {
  @Option(
      names = "--metrics",
      paramLabel = "[HOST:]PORT",
      description =
          "serve /metrics (Prometheus), /healthz and /readyz here; without HOST on all addresses"
              + " (default: do not)")
  private @Nullable String address;

  /** Makes the option; picocli fills it in. */
  public MetricsOption() {}

  /**
   * {@return the server that was asked for, or null}
   *
   * @param tool the name of the tool
   */
  public @Nullable MetricsServer open(String tool) {
    return address == null
        ? null
        : MetricsServer.open(address, tool, ToolLog.lines(System.err, tool));
  }
}
