// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorcomUrl;
import io.tensorcom.examples.cli.Bounds;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.cli.OutputFile;
import io.tensorcom.examples.cli.StopSignal;
import io.tensorcom.examples.cli.UserException;
import io.tensorcom.examples.log.ToolLog;
import io.tensorcom.examples.metrics.MetricsOption;
import io.tensorcom.examples.metrics.MetricsServer;
import io.tensorcom.examples.monitor.WaitHint;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SocketRole;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows the images of a stream in a web page, or writes one picture of them. */
@Command(
    name = Tensorshow.NAME,
    mixinStandardHelpOptions = true,
    description =
        "Shows what is in a stream: images, classes, values, rates and servers, in a web page for"
            + " this machine; or writes one picture.")
public final class Tensorshow implements Callable<Integer> {
  static final String NAME = "tensorshow";
  private static final Duration SLICE = Duration.ofMillis(100);
  private static final String DEFAULT_URL = "zsub://127.0.0.1:{7880..7883}";
  private static final int MOST_IMAGES = 1000;
  private static final int LEAST_CELL = 8;
  private static final int LARGEST_CELL = 1024;
  private static final int MOST_PIXELS = 1 << 24;
  private static final double SHORTEST_HOLD = 0.2;
  private static final double LONGEST_HOLD = 3600;

  @Option(
      names = {"-m", "--mode"},
      description =
          "imgclass: images and classes, or img2img: two tensors of images side by side (default"
              + " imgclass)")
  private Mode mode = Mode.IMGCLASS;

  @Option(
      names = {"-b", "--unbatched"},
      description = "each tensor is one image")
  private boolean unbatched;

  @Option(
      names = {"-B", "--perbatch"},
      paramLabel = "N",
      description = "show so many images of a batch at most (default 32)")
  private int images = 32;

  @Option(
      names = {"-C", "--class-names", "--classes"},
      paramLabel = "FILE.json",
      description = "what classes are called: {\"0\": \"tench\", ...} or [\"tench\", ...]")
  private @Nullable Path classNames;

  @Option(
      names = {"-t", "--hold", "--timeout"},
      paramLabel = "SECONDS",
      description = "the page shows a batch for so long at least (default 0.5)")
  private double holdSeconds = 0.5;

  @Option(
      names = "--cell",
      paramLabel = "N",
      description = "make the longer side of an image N pixels at most (default 128)")
  private int cell = 128;

  @Option(
      names = "--png",
      paramLabel = "FILE",
      description = "write one picture of the first batch, and end")
  private @Nullable Path png;

  @Option(
      names = {"-p", "--page-port"},
      paramLabel = "PORT",
      description = "where the page is, 0 for any free port (default 7888)")
  private int port = 7888;

  @Mixin private final MetricsOption metrics = new MetricsOption();

  @Parameters(
      paramLabel = "URL",
      defaultValue = DEFAULT_URL,
      description =
          "where to receive; braces are expanded; ?timeout=5s gives up when nothing came for so long"
              + " (default ${DEFAULT-VALUE})")
  private List<String> urls = List.of();

  private final PrintStream out;

  /** Makes the command; picocli fills it in. */
  public Tensorshow() {
    this(System.out);
  }

  Tensorshow(PrintStream out) {
    this.out = out;
  }

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Cli.run(new Tensorshow(), args));
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    ViewOptions options = checked();
    Path file = png;
    if (file != null) {
      OutputFile.check("--png", file);
    }
    try (StopSignal stop = StopSignal.install();
        MetricsServer served = metrics.open(NAME);
        TensorReceiver receiver = TensorReceiver.open(urls.toArray(new String[0]))) {
      if (served != null) {
        served.watch(NAME, receiver);
      }
      warnOfPulling(receiver.urls());
      if (file != null) {
        writeOne(receiver, options, file, stop);
      } else {
        serve(receiver, options, stop);
      }
    }
    return 0;
  }

  private ViewOptions checked() throws IOException {
    Bounds.within(1, MOST_IMAGES, images, "-B");
    Bounds.within(LEAST_CELL, LARGEST_CELL, cell, "--cell");
    Bounds.within(0, 0xffff, port, "--page-port");
    if ((long) images * cell * cell > MOST_PIXELS) {
      throw new IllegalArgumentException(
          "-B and --cell: " + images + " * " + cell + " * " + cell + " (expected: <= 16777216)");
    }
    if (!(holdSeconds >= SHORTEST_HOLD && holdSeconds <= LONGEST_HOLD)) {
      throw new IllegalArgumentException("-t: " + holdSeconds + " (expected: 0.2..3600)");
    }
    ClassNames names = classNames == null ? ClassNames.NONE : ClassNames.read(classNames);
    return new ViewOptions(mode, unbatched, images, cell, names);
  }

  private static PrintStream err() {
    return ToolLog.lines(System.err, NAME);
  }

  private static void warnOfPulling(List<TensorcomUrl> urls) {
    if (urls.get(0).role() == SocketRole.PULL) {
      err()
          .println(
              "a puller takes batches away from the trainer: "
                  + urls.get(0)
                  + " (to look on, subscribe to a server on zpub)");
    }
  }

  private void serve(TensorReceiver receiver, ViewOptions options, StopSignal stop)
      throws InterruptedException {
    long interval = (long) (holdSeconds * 1e9);
    try (Showcase showcase = new Showcase(options, interval, System::nanoTime);
        PageServer page =
            PageServer.open(
                port,
                showcase,
                new LatestJson(
                    receiver.urls().stream().map(TensorcomUrl::text).toList(),
                    receiver::stats,
                    showcase,
                    System::nanoTime))) {
      ToolLog.lines(out, NAME).println("page at " + page.url());
      out.flush();
      WaitHint hint = WaitHint.of(err(), receiver, System.nanoTime());
      while (!stop.isRequested() && !receiver.isClosed()) {
        TensorBatch batch = receiver.poll(SLICE);
        if (batch != null) {
          hint.heard(System.nanoTime());
          showcase.offer(batch);
        } else {
          hint.nothing(receiver, System.nanoTime());
        }
      }
    }
  }

  private void writeOne(TensorReceiver receiver, ViewOptions options, Path file, StopSignal stop)
      throws InterruptedException, IOException {
    WaitHint hint = WaitHint.of(err(), receiver, System.nanoTime());
    while (!stop.isRequested()) {
      try (TensorBatch batch = receiver.poll(SLICE)) {
        if (batch != null) {
          write(Snapshot.of(batch, options), file);
          return;
        }
        if (receiver.isEnded()) {
          throw new UserException("the stream ended before a batch came");
        }
        hint.nothing(receiver, System.nanoTime());
      }
    }
  }

  private void write(Snapshot snapshot, Path file) throws IOException {
    snapshot.tensors().forEach(tensor -> out.println(tensor.line()));
    snapshot.labels().forEach(out::println);
    out.flush();
    ImageGrid grid = snapshot.grid();
    if (grid == null) {
      throw new UserException(snapshot.note());
    }
    if (!snapshot.note().isEmpty()) {
      err().println(snapshot.note());
    }
    Files.write(file, grid.picture().toPng());
  }
}
