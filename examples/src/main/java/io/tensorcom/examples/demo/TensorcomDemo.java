// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import io.tensorcom.examples.cli.Bounds;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.cli.ExamplesHome;
import io.tensorcom.examples.cli.UserException;
import io.tensorcom.examples.demo.BatchLog.Entry;
import io.tensorcom.examples.images.Shard;
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
import picocli.CommandLine.Option;

/**
 * The main job in one command: a server process sends batches of real images, a receiver process
 * takes them, and what was hashed before encoding is compared with what was hashed after decoding.
 */
@Command(
    name = "tensorcom-demo",
    mixinStandardHelpOptions = true,
    description =
        "Sends images from one process to another and checks that every batch arrives as it was;"
            + " then trains a network from a stream and tests it.")
public final class TensorcomDemo implements Callable<Integer> {
  @Option(
      names = {"-u", "--shards"},
      paramLabel = "SHARDS",
      description =
          "tar shards of images; quote braces (default: the Fashion-MNIST training shards)")
  private @Nullable String shards;

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      defaultValue = "32",
      description = "images in a batch (default ${DEFAULT-VALUE})")
  private int batchSize;

  @Option(names = "--size", paramLabel = "N", description = "scale and crop images to N x N")
  private int size;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "give up after so long (default ${DEFAULT-VALUE})")
  private long timeoutSeconds;

  @Option(
      names = "--no-training",
      description = "end when the batches have been compared; also with -u")
  private boolean noTraining;

  @Option(names = "--fault", hidden = true, defaultValue = "NONE", description = "for tests")
  private Fault fault = Fault.NONE;

  private final PrintStream out;

  /** Makes the command; picocli fills it in. */
  public TensorcomDemo() {
    this(System.out);
  }

  TensorcomDemo(PrintStream out) {
    this.out = out;
  }

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Cli.run(new TensorcomDemo(), args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Bounds.within(1, 1 << 20, batchSize, "-b");
    Bounds.within(1, 1_000_000, timeoutSeconds, "--timeout");
    Bounds.within(0, 16_384, size, "--size");
    String given = shards;
    String pattern = given != null ? given : ExamplesHome.trainingShards();
    int count = Shard.parse(pattern).size();
    out.println(
        "one pass over "
            + count
            + " shards, "
            + batchSize
            + " images a batch, from process to"
            + " process");
    Path logs = Files.createTempDirectory("tensorcom-demo");
    try {
      demonstrate(pattern, logs.resolve("sent"), logs.resolve("received"));
    } finally {
      Files.deleteIfExists(logs.resolve("sent"));
      Files.deleteIfExists(logs.resolve("received"));
      Files.deleteIfExists(logs);
    }
    if (given == null && !noTraining) {
      try (TrainingStage training = new TrainingStage(out)) {
        training.run();
      }
    }
    return 0;
  }

  private void demonstrate(String pattern, Path sentLog, Path receivedLog)
      throws IOException, InterruptedException {
    List<String> serverArgs =
        List.of(
            "--shards=" + pattern,
            "--batch-size=" + batchSize,
            "--size=" + size,
            "--log=" + sentLog,
            "--fault=" + fault);
    List<String> findings = new ArrayList<>();
    try (DemoRun run = new DemoRun(out, Duration.ofSeconds(timeoutSeconds))) {
      findings.addAll(run.run(serverArgs, receivedLog));
    }
    List<Entry> sent = Files.exists(sentLog) ? BatchLog.read(sentLog) : List.of();
    List<Entry> received = Files.exists(receivedLog) ? BatchLog.read(receivedLog) : List.of();
    Comparison comparison =
        Comparison.of(
            sent.stream().map(Entry::hash).toList(), received.stream().map(Entry::hash).toList());
    out.println("sent:     " + Totals.of(sent));
    out.println("received: " + Totals.of(received));
    out.println("lost:     " + comparison.lost() + " batches");
    out.println("altered:  " + comparison.altered() + " batches");
    out.flush();
    findings.addAll(comparison.findings());
    if (sent.isEmpty()) {
      findings.add("nothing was sent");
    }
    if (!findings.isEmpty()) {
      throw new UserException("failed: " + String.join("; ", findings));
    }
    out.println("every batch arrived once, in order, with the content it had before");
    out.flush();
  }
}
