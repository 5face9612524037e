// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorcomConfig;
import io.tensorcom.TensorcomUrl;
import io.tensorcom.examples.cli.Bounds;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.cli.StopSignal;
import io.tensorcom.examples.log.ToolLog;
import io.tensorcom.examples.metrics.MetricsOption;
import io.tensorcom.examples.metrics.MetricsServer;
import io.tensorcom.stream.StreamReport;
import io.tensorcom.tensor.TensorBatch;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Receives batches and shows their rate. */
@Command(
    name = Tensormon.NAME,
    mixinStandardHelpOptions = true,
    description =
        "Receives batches and shows their rate until stopped or all servers have ended, and at the end"
            + " what was lost and a total.")
public final class Tensormon implements Callable<Integer> {
  static final String NAME = "tensormon";
  private static final Duration SLICE = Duration.ofMillis(100);
  private static final String DEFAULT_URL = "zsub://127.0.0.1:7880";

  /** Exit code of --merge when nobody got some batch. */
  private static final int LOST = 3;

  /** Exit code of --merge when more may be lost than can be told. */
  private static final int UNCERTAIN = 4;

  @Option(
      names = {"-r", "--report"},
      paramLabel = "N",
      defaultValue = "10",
      description = "report every N batches (default ${DEFAULT-VALUE})")
  private int reportEvery;

  @Option(
      names = {"-c", "--count"},
      paramLabel = "COUNT",
      defaultValue = "" + Long.MAX_VALUE,
      description = "end after COUNT batches (default: go on until stopped)")
  private long count;

  @Option(
      names = "--skip",
      paramLabel = "K",
      defaultValue = "10",
      description =
          "the total counts from the arrival of batch K, so that starting up does not count"
              + " (default ${DEFAULT-VALUE})")
  private long skip;

  @Option(names = "--json", description = "print one JSON object a report, before the total")
  private boolean json;

  @Option(
      names = {"-v", "--verbose"},
      description =
          "with each report, what was counted for each peer and for names; and, on standard error,"
              + " the endpoints of names as they come and go")
  private boolean verbose;

  @Option(
      names = "--account",
      paramLabel = "FILE",
      description = "at the end write down which batches came, for --merge")
  private @Nullable Path account;

  @Option(
      names = "--merge",
      description =
          "receive nothing: the parameters are files of --account, of all that pulled from the same"
              + " servers; say what nobody got, and end with 3 if there is something, else with 4"
              + " if that is not certain: a tail is unknown, what came is not known any more, or"
              + " there is no stream in the files")
  private boolean merge;

  @Option(
      names = {"-R", "--raw"},
      hidden = true,
      description = "accepted as in Python, where it has no effect either")
  @SuppressWarnings("unused")
  private boolean raw;

  @Mixin private final MetricsOption metrics = new MetricsOption();

  @Parameters(
      paramLabel = "URL",
      description =
          "where to receive; braces are expanded; ?timeout=5s gives up when nothing came for so long"
              + " (default "
              + DEFAULT_URL
              + ")")
  private List<String> urls = List.of();

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
  public Integer call() throws InterruptedException, IOException {
    if (merge) {
      return mergeAccounts();
    }
    if (urls.isEmpty()) {
      urls = List.of(DEFAULT_URL);
    }
    Bounds.atLeast(1, reportEvery, "-r");
    Bounds.atLeast(1, count, "-c");
    Bounds.atLeast(0, skip, "--skip");
    PrintStream shown = json ? out : ToolLog.lines(out, NAME);
    try (StopSignal stop = StopSignal.install();
        MetricsServer served = metrics.open(NAME);
        TensorReceiver receiver = TensorReceiver.open(config(), urls.toArray(new String[0]))) {
      if (served != null) {
        served.watch(NAME, receiver);
      }
      if (account != null) {
        // Hours later would be too late to find that it cannot be written.
        Files.newOutputStream(account, CREATE, APPEND).close();
      }
      MonitorReport report = new MonitorReport(shown, json, reportEvery, skip, System.nanoTime());
      if (verbose) {
        report.showPeers(receiver::stats);
      }
      report.opened(urls, receiver.urls().stream().map(TensorcomUrl::text).toList());
      try {
        receive(receiver, report, stop);
      } finally {
        report.losses(receiver.stats().streams());
        report.total();
        if (account != null) {
          Files.write(account, receiver.streamReport().toLines());
        }
      }
    }
    return 0;
  }

  private void receive(TensorReceiver receiver, MonitorReport report, StopSignal stop)
      throws InterruptedException {
    WaitHint hint = WaitHint.of(err(), receiver, System.nanoTime());
    boolean heard = true;
    boolean stopping = false;
    while (heard && report.batches() < count && !receiver.isClosed()) {
      if (stop.isRequested() && !stopping) {
        stopping = true;
        receiver.finish();
      }
      try (TensorBatch batch = receiver.poll(SLICE)) {
        if (batch != null) {
          long now = System.nanoTime();
          hint.heard(now);
          heard = report.received(batch, now);
        } else if (receiver.isEnded()) {
          break;
        } else if (!stopping) {
          hint.nothing(receiver, System.nanoTime());
        }
      }
    }
  }

  private static PrintStream err() {
    return ToolLog.lines(System.err, NAME);
  }

  private TensorcomConfig config() {
    return verbose
        ? TensorcomConfig.builder().membershipListener(new EndpointLines(err())).build()
        : TensorcomConfig.defaults();
  }

  private int mergeAccounts() throws IOException {
    if (urls.isEmpty()) {
      throw new IllegalArgumentException("--merge: no files (expected: files of --account)");
    }
    List<StreamReport> reports = new ArrayList<>();
    for (String file : urls) {
      reports.add(StreamReport.ofLines(Files.readAllLines(Path.of(file))));
    }
    List<StreamReport.Verdict> verdicts = StreamReport.merge(reports);
    if (verdicts.isEmpty()) {
      out.println("no stream: nothing that is numbered came to those who wrote these files");
    }
    verdicts.forEach(out::println);
    out.flush();
    if (verdicts.stream().anyMatch(verdict -> verdict.lost() > 0)) {
      return LOST;
    }
    return !verdicts.isEmpty() && verdicts.stream().allMatch(Tensormon::isCertain) ? 0 : UNCERTAIN;
  }

  private static boolean isCertain(StreamReport.Verdict verdict) {
    return !verdict.tailUnknown() && verdict.unknown() == 0;
  }
}
