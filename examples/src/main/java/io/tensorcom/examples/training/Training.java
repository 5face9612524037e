// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.translate.TranslateException;
import io.tensorcom.EpochReport;
import io.tensorcom.TensorReceiver;
import io.tensorcom.djl.TensorcomDataset;
import io.tensorcom.examples.cli.Bounds;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.cli.OutputFile;
import io.tensorcom.examples.cli.StopSignal;
import io.tensorcom.examples.cli.UserException;
import io.tensorcom.examples.log.ToolLog;
import io.tensorcom.examples.metrics.MetricsOption;
import io.tensorcom.examples.metrics.MetricsServer;
import io.tensorcom.stream.StreamStats;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a network with the batches of a stream. */
@Command(
    name = Training.NAME,
    mixinStandardHelpOptions = true,
    description =
        "Trains with batches of uint8 images (N, H, W, 3) and their classes, until the servers end"
            + " the stream, so many epochs or so many steps.")
public final class Training implements Callable<Integer> {
  /** How long a step that has begun may take when training is to end: on a CPU it may be long. */
  public static final Duration GRACE = Duration.ofSeconds(20);

  static final String NAME = "training";
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] STD = {0.229f, 0.224f, 0.225f};

  @Option(
      names = {"--url", "--tensorcom"},
      paramLabel = "URL",
      required = true,
      description = "where batches come from; may be given several times")
  private List<String> urls = List.of();

  @Option(
      names = "--model",
      defaultValue = "resnet50",
      description = "${COMPLETION-CANDIDATES} (default ${DEFAULT-VALUE})")
  private ModelKind kind = ModelKind.RESNET50;

  @Option(
      names = "--classes",
      paramLabel = "N",
      description = "how many there are (default: resnet50 1000, cnn 10)")
  private int classes;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "end after so many epochs (default: with the stream)")
  private long epochs = Long.MAX_VALUE;

  @Option(
      names = "--batches",
      paramLabel = "N",
      description = "an epoch is so many batches (default: the servers tell its end)")
  private long batches;

  @Option(names = "--steps", paramLabel = "N", description = "end after so many steps")
  private long steps = Long.MAX_VALUE;

  @Option(
      names = "--lr",
      paramLabel = "X",
      defaultValue = "0.001",
      description = "learning rate of Adam (default ${DEFAULT-VALUE})")
  private float learningRate;

  @Option(names = "--seed", paramLabel = "S", description = "seed of the network's first weights")
  private @Nullable Integer seed;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "give up when no batch comes for so long (default ${DEFAULT-VALUE})")
  private long timeoutSeconds;

  @Option(
      names = "--test",
      paramLabel = "URL",
      description = "at the end measure the accuracy with what comes from here, to its end")
  private @Nullable String testUrl;

  @Option(names = "--save", paramLabel = "DIR", description = "save the trained network here")
  private @Nullable Path save;

  @Option(names = "--plot", paramLabel = "FILE", description = "draw the losses into a PNG file")
  private @Nullable Path plot;

  @Mixin private final MetricsOption metrics = new MetricsOption();

  private final PrintStream stdout;

  /** Makes the command; picocli fills it in. */
  public Training() {
    this(System.out);
  }

  Training(PrintStream out) {
    this.stdout = out;
  }

  /** Runs the command. */
  public static void main(String[] args) {
    // Nothing is fetched, and nobody is told: the engine is on the class path.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.exit(Cli.run(new Training(), args));
  }

  @Override
  public Integer call() throws IOException, TranslateException {
    check();
    int outputs = classes > 0 ? classes : kind.classes();
    if (seed != null) {
      Engine.getInstance().setRandomSeed(seed);
    }
    PrintStream out = ToolLog.lines(stdout, NAME);
    out.println("creating " + kind);
    out.flush();
    try (StopSignal stop = StopSignal.install(GRACE);
        MetricsServer served = metrics.open(NAME);
        TensorcomDataset dataset = dataset(urls, batches);
        Model model = Model.newInstance(kind.toString())) {
      dataset.prepare(null);
      boolean terminal = CommandLine.Help.Ansi.AUTO.enabled() && !ToolLog.isJson();
      TrainingLog log = new TrainingLog(out, terminal, known());
      watch(served, dataset, log);
      try (TrainingLoop loop = new TrainingLoop(model, kind, outputs, learningRate, log)) {
        for (long epoch = 0; epoch < epochs && !dataset.isStreamEnded(); epoch++) {
          train(loop, dataset, log, stop);
          if (log.steps() >= steps || stop.isRequested()) {
            break;
          }
          requireTheServersWord(dataset, out);
        }
        log.end(streams(dataset));
        if (testUrl != null) {
          try (TensorcomDataset test = dataset(List.of(testUrl), 0)) {
            TrainingLoop.Accuracy accuracy = loop.evaluate(test);
            requireTheServersWord(test, out);
            log.accuracy(accuracy, streams(test));
          }
        }
      }
      if (save != null) {
        model.save(save, kind.toString());
      }
      if (plot != null) {
        LossCurve.write(log.losses(), plot);
      }
    }
    return 0;
  }

  /** Checks what picocli does not, and what would else be found out at the end. */
  private void check() {
    Bounds.atLeast(1, steps, "--steps");
    Bounds.atLeast(1, epochs, "--epochs");
    Bounds.atLeast(0, batches, "--batches");
    Bounds.atLeast(0, classes, "--classes");
    Bounds.atLeast(1, timeoutSeconds, "--timeout");
    // It would be about the first batch alone: others may be late by --timeout, too.
    Cli.refuseOption("timeout", "--timeout SECONDS", urls);
    if (testUrl != null) {
      Cli.refuseOption("timeout", "--timeout SECONDS", List.of(testUrl));
    }
    if (plot != null) {
      OutputFile.check("--plot", plot);
    }
  }

  private void train(TrainingLoop loop, TensorcomDataset dataset, TrainingLog log, StopSignal stop)
      throws IOException, TranslateException {
    stop.interruptThisThread();
    try {
      loop.epoch(dataset, () -> log.steps() < steps && !stop.isRequested());
    } catch (IllegalStateException e) {
      // Who is told to end while no batch comes says what came until then.
      if (!stop.isRequested()) {
        throw e;
      }
    } finally {
      stop.interruptNobody();
    }
  }

  /** An epoch that ended for want of batches is no epoch: {@code --timeout} is about it, too. */
  private void requireTheServersWord(TensorcomDataset dataset, PrintStream out) {
    EpochReport report = dataset.epochReport().orElse(null);
    if (report == null) {
      return;
    }
    if (report.end() == EpochReport.End.SILENCE && !dataset.isStreamEnded()) {
      throw new UserException(
          "no batch for %d s in epoch %d: batches=%d, gone=%s, unfinished=%s"
              .formatted(
                  timeoutSeconds,
                  report.epoch(),
                  report.batches(),
                  report.gone(),
                  report.unfinished()));
    }
    if (!report.gone().isEmpty()) {
      out.println("epoch " + report.epoch() + " went on without " + report.gone());
    }
  }

  private static List<StreamStats> streams(TensorcomDataset dataset) {
    TensorReceiver receiver = dataset.receiver();
    return receiver == null ? List.of() : receiver.stats().streams();
  }

  private static void watch(
      @Nullable MetricsServer served, TensorcomDataset dataset, TrainingLog log) {
    TensorReceiver receiver = dataset.receiver();
    if (served != null && receiver != null) {
      served.watch(NAME, receiver);
      served.watch("load", log.loadStage());
      served.watch("train", log.trainStage());
    }
  }

  private long known() {
    long byEpochs = epochs == Long.MAX_VALUE ? 0 : epochs * batches;
    return steps == Long.MAX_VALUE ? byEpochs : steps;
  }

  private TensorcomDataset dataset(List<String> from, long batchesPerEpoch) {
    TensorcomDataset.Builder builder =
        TensorcomDataset.builder()
            .setUrls(from.toArray(new String[0]))
            .setData(0)
            .setLabels(1)
            .optWiden(true)
            .optChannelsFirst(true)
            .optNormalize(1 / 255f, MEAN, STD)
            .optTimeout(Duration.ofSeconds(timeoutSeconds))
            .optSilence(Duration.ofSeconds(timeoutSeconds));
    return (batchesPerEpoch > 0 ? builder.optBatchesPerEpoch(batchesPerEpoch) : builder).build();
  }
}
