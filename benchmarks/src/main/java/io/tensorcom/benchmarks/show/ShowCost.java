// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.show;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorSender;
import io.tensorcom.examples.show.Tensorshow;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much of a core tensorshow takes beside a trainer that hears five batches of 14.45 MB a
 * second, by {@code /proc/PID/stat}, with its page open and with nobody looking; and what the
 * trainer lost.
 *
 * <p>Usage: {@code SECONDS}, for each of the two.
 */
public final class ShowCost {
  private static final int BATCH = 96;
  private static final int SIDE = 224;
  private static final int BATCHES_PER_SECOND = 5;
  private static final int WARM_UP_SECONDS = 8;
  private static final long LOOK_MILLIS = 500;
  private static final double TICKS_PER_SECOND = 100;
  private static final Pattern PICTURE = Pattern.compile("\"picture\":\"([^\"]+)\"");
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private ShowCost() {}

  /** Measures and prints. */
  public static void main(String[] args) throws IOException, InterruptedException {
    int seconds = Integer.parseInt(args[0]);
    try (TensorSender sender = TensorSender.open("zpub://127.0.0.1:0?pool=256m&drain=0s")) {
      String url = sender.boundEndpoints().get(0).replace("tcp", "zsub");
      try (TensorReceiver trainer = TensorReceiver.open(url)) {
        if (!trainer.awaitPeers(1, Duration.ofSeconds(10))) {
          throw new IllegalStateException("nobody is connected: " + url);
        }
        ScheduledThreadPoolExecutor threads = new ScheduledThreadPoolExecutor(2);
        threads.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
        TensorBatch batch = images(sender);
        var sending =
            threads.scheduleAtFixedRate(
                () -> send(sender, batch), 0, 1000 / BATCHES_PER_SECOND, TimeUnit.MILLISECONDS);
        var training = threads.submit(() -> train(trainer));
        measure(url, seconds);
        sending.cancel(false);
        training.cancel(true);
        threads.shutdown();
        if (!threads.awaitTermination(30, TimeUnit.SECONDS)) {
          throw new IllegalStateException("threads did not end");
        }
        batch.close();
        for (StreamStats stream : trainer.stats().streams()) {
          System.out.printf(
              Locale.ROOT,
              "trainer: %s, latency %.1f ms (99 %%: %.1f ms)%n",
              stream.lossLine(),
              stream.latency().median() / 1e6,
              stream.latency().p99() / 1e6);
        }
      }
    }
  }

  /** Images with slopes and noise, as photographs have them, and classes. */
  private static TensorBatch images(TensorSender sender) {
    Tensor images = Tensor.allocate(sender.pool(), DType.UINT8, BATCH, SIDE, SIDE, 3);
    ByteBuffer data = images.data();
    Random random = new Random(1);
    for (int i = 0; data.hasRemaining(); i++) {
      int column = i / 3 % SIDE;
      int row = i / 3 / SIDE % SIDE;
      data.put((byte) (column / 2 + row / 2 + random.nextInt(16)));
    }
    return TensorBatch.of(images, Tensor.copyOf(sender.pool(), DType.INT32, new int[BATCH], BATCH));
  }

  private static void send(TensorSender sender, TensorBatch batch) {
    try {
      var unused = sender.send(batch, Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void train(TensorReceiver trainer) {
    try {
      while (true) {
        TensorBatch batch = trainer.poll(Duration.ofSeconds(1));
        if (batch != null) {
          batch.close();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void measure(String url, int seconds) throws IOException, InterruptedException {
    Process tool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // As the launchers do.
                "-XX:+UseParallelGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Tensorshow.class.getName(),
                "--page-port=0",
                url)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = tool.inputReader(UTF_8)) {
      String page = String.valueOf(out.readLine()).replace("page at ", "");
      look(page, WARM_UP_SECONDS);
      report("page open", tool, seconds, time -> look(page, time));
      TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
      report("nobody looks", tool, seconds, TimeUnit.SECONDS::sleep);
    } finally {
      tool.destroy();
      tool.waitFor();
    }
  }

  private interface Pastime {
    void spend(int seconds) throws IOException, InterruptedException;
  }

  private static void report(String name, Process tool, int seconds, Pastime pastime)
      throws IOException, InterruptedException {
    long ticks = ticks(tool.pid());
    long start = System.nanoTime();
    pastime.spend(seconds);
    double took = (System.nanoTime() - start) / 1e9;
    double share = (ticks(tool.pid()) - ticks) / TICKS_PER_SECOND / took;
    System.out.printf(
        Locale.ROOT,
        "tensorshow, %s: %.1f %% of a core over %.0f s, resident %d MiB%n",
        name,
        100 * share,
        took,
        residentKilobytes(tool.pid()) / 1024);
  }

  /** Asks as the page does. */
  private static void look(String page, int seconds) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    String shown = "";
    while (System.nanoTime() < end) {
      String json = get(page + "latest.json", HttpResponse.BodyHandlers.ofString());
      Matcher picture = PICTURE.matcher(json);
      if (picture.find() && !picture.group(1).equals(shown)) {
        shown = picture.group(1);
        var unused = get(page + shown, HttpResponse.BodyHandlers.ofByteArray());
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  private static <T> T get(String url, HttpResponse.BodyHandler<T> handler)
      throws IOException, InterruptedException {
    return HTTP.send(HttpRequest.newBuilder(URI.create(url)).build(), handler).body();
  }

  /** {@return user and system time of a process, in ticks} */
  private static long ticks(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    // The name, in parentheses, may have blanks.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  private static long residentKilobytes(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }
}
