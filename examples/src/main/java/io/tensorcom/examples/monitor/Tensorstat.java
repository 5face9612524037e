// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tensorcom.TensorReceiver;
import io.tensorcom.codec.TenFile;
import io.tensorcom.codec.TenFileReader;
import io.tensorcom.examples.cli.Bounds;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.cli.StopSignal;
import io.tensorcom.examples.cli.UserException;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what is in the batches of a stream or of {@code .ten} files. */
@Command(
    name = "tensorstat",
    mixinStandardHelpOptions = true,
    description = "Shows what is in the batches of a stream or of .ten files.")
public final class Tensorstat implements Callable<Integer> {
  private static final Duration SLICE = Duration.ofMillis(100);
  private static final long DEFAULT_COUNT = 20;

  @Option(
      names = {"-c", "--count"},
      paramLabel = "N",
      description =
          "end after N batches, or with the stream (default: 20 of a stream, all of a file)")
  private @Nullable Long count;

  @Option(
      names = "--json",
      description = "print one JSON object per tensor position, or per tensor of a file")
  private boolean json;

  @Option(
      names = {"-r", "--raw"},
      description = "show only the rate of a stream")
  private boolean raw;

  @Option(
      names = {"-b", "--unbatched"},
      hidden = true,
      description = "accepted as in Python, where it has no effect either")
  @SuppressWarnings("unused")
  private boolean unbatched;

  @Parameters(
      paramLabel = "URL or FILE.ten",
      defaultValue = "zsub://127.0.0.1:7880",
      description =
          "what to look at; braces of URLs are expanded, and ?timeout=5s gives up when nothing came"
              + " for so long (default ${DEFAULT-VALUE})")
  private List<String> inputs = List.of();

  private final PrintStream out;

  /** Makes the command; picocli fills it in. */
  public Tensorstat() {
    this(System.out);
  }

  Tensorstat(PrintStream out) {
    this.out = out;
  }

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Cli.run(new Tensorstat(), args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Bounds.atLeast(1, countOr(DEFAULT_COUNT), "-c");
    List<Path> files = inputs.stream().filter(input -> !isUrl(input)).map(Path::of).toList();
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new UserException(
            "no such file: " + file + " (expected: a URL like zsub://host:port, or a .ten file)");
      }
    }
    if (!json) {
      out.println("reading batches...");
      out.println();
      out.flush();
    }
    for (Path file : files) {
      readFile(file);
    }
    List<String> urls = inputs.stream().filter(Tensorstat::isUrl).toList();
    if (!urls.isEmpty()) {
      readStream(urls);
    }
    return 0;
  }

  private static boolean isUrl(String input) {
    return input.contains("://");
  }

  private long countOr(long otherwise) {
    Long given = count;
    return given == null ? otherwise : given;
  }

  private void readStream(List<String> urls) throws InterruptedException {
    StreamSummary summary = new StreamSummary();
    long most = countOr(DEFAULT_COUNT);
    try (StopSignal stop = StopSignal.install();
        TensorReceiver receiver = TensorReceiver.open(urls.toArray(new String[0]))) {
      try {
        receive(receiver, summary, most, stop);
      } finally {
        String rate = receiver.stats().toString();
        if (raw) {
          out.println(rate);
          out.flush();
        } else if (json) {
          summary.printJson(out);
        } else {
          summary.printText(out, rate);
        }
      }
    }
  }

  private void receive(TensorReceiver receiver, StreamSummary summary, long most, StopSignal stop)
      throws InterruptedException {
    WaitHint hint = WaitHint.of(System.err, receiver, System.nanoTime());
    long batches = 0;
    while (batches < most && !stop.isRequested() && !receiver.isClosed()) {
      try (TensorBatch batch = receiver.poll(SLICE)) {
        if (batch != null) {
          batches++;
          hint.heard(System.nanoTime());
          if (!raw) {
            summary.add(batch);
          }
        } else if (receiver.isEnded()) {
          break;
        } else {
          hint.nothing(receiver, System.nanoTime());
        }
      }
    }
  }

  private void readFile(Path file) throws IOException {
    StreamSummary summary = new StreamSummary();
    try (TenFileReader reader = TenFile.open(file)) {
      long most = Math.min(reader.batchCount(), countOr(Long.MAX_VALUE));
      for (int i = 0; i < most; i++) {
        try (TensorBatch batch = reader.batch(i)) {
          if (json) {
            printTensors(file, i, batch);
          } else {
            summary.add(batch);
          }
        }
      }
    }
    if (!json) {
      summary.printText(
          out, file + ": " + summary.batches() + " batches, " + summary.bytes() + " bytes");
    }
  }

  private void printTensors(Path file, int batchIndex, TensorBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      Tensor tensor = batch.get(i);
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      object.put("file", file.toString());
      object.put("batch", batchIndex);
      object.put("tensor", i);
      object.put("dtype", tensor.dtype().numpyName());
      Arrays.stream(tensor.shape()).forEach(object.putArray("shape")::add);
      object.put("info", tensor.info());
      object.put("sha256", sha256(tensor));
      out.println(object);
    }
    out.flush();
  }

  private static String sha256(Tensor tensor) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(tensor.data());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
