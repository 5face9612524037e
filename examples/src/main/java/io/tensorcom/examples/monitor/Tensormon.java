// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorcomUrl;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.tensor.TensorBatch;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Receives batches and shows their rate. */
@Command(
    name = "tensormon",
    mixinStandardHelpOptions = true,
    description = "Receives batches and shows their rate.")
public final class Tensormon implements Callable<Integer> {
  private static final Duration SLICE = Duration.ofMillis(100);

  @Option(names = "-r", paramLabel = "N", description = "report every N batches (default 10)")
  private int reportEvery = 10;

  @Option(names = "-c", paramLabel = "COUNT", description = "end after so many batches")
  private long count;

  @Option(
      names = "--skip",
      paramLabel = "K",
      description = "batches before the total counts (default 10)")
  private long skip = 10;

  @Option(names = "--json", description = "one JSON object a report")
  private boolean json;

  @Parameters(paramLabel = "URL", description = "default zsub://127.0.0.1:7880")
  private @Nullable List<String> urls;

  private final PrintStream out;

  /** Makes the command; picocli fills it in. */
  public Tensormon() {
    this(System.out);
  }

  Tensormon(PrintStream out) {
    this.out = out;
  }

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Cli.run(new Tensormon(), args));
  }

  @Override
  public Integer call() throws InterruptedException {
    if (reportEvery < 1 || count < 0 || skip < 0) {
      throw new IllegalArgumentException(
          "-r: " + reportEvery + ", -c: " + count + ", --skip: " + skip + " (expected: -r >= 1)");
    }
    List<String> inputs = urls == null || urls.isEmpty() ? List.of("zsub://127.0.0.1:7880") : urls;
    try (TensorReceiver receiver = TensorReceiver.open(inputs.toArray(new String[0]))) {
      MonitorReport report = new MonitorReport(out, json, reportEvery, skip);
      report.opened(receiver.urls().stream().map(TensorcomUrl::text).toList());
      Thread hook = new Thread(report::total, "tensormon-shutdown");
      Runtime.getRuntime().addShutdownHook(hook);
      while (count == 0 || report.batches() < count) {
        TensorBatch batch = receiver.poll(SLICE);
        if (batch != null) {
          try (batch) {
            report.received(batch, System.nanoTime());
          }
        }
      }
      Runtime.getRuntime().removeShutdownHook(hook);
      report.total();
    }
    return 0;
  }
}
