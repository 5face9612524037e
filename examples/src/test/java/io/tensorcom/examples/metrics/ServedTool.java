// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A tool in a process of its own, with {@code TENSORCOM_METRICS} in its environment. */
final class ServedTool implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final String url;

  ServedTool(Class<?> tool, Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Stream.concat(
                    Stream.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+IgnoreUnrecognizedVMOptions",
                        "-Dtensorcom.examples.home="
                            + Path.of(System.getProperty("tensorcom.root"), "examples"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        tool.getName()),
                    Stream.of(args))
                .toList());
    builder.environment().put("TENSORCOM_METRICS", "127.0.0.1:0");
    builder.environment().putAll(environment);
    process = builder.redirectErrorStream(true).start();
    Thread reader = new Thread(this::read, "reader");
    reader.setDaemon(true);
    reader.start();
    String told = awaitLine(line -> line.contains("metrics at http://"));
    url = told.replaceAll(".*metrics at (http://[0-9.:]+)/metrics.*", "$1");
  }

  private void read() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      lines.add(e.toString());
    }
  }

  String awaitLine(Predicate<String> wanted) throws InterruptedException {
    while (true) {
      String line = lines.poll(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
      assertThat(line).as("another line of the tool").isNotNull();
      if (wanted.test(line)) {
        return line;
      }
    }
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url + path)).timeout(PATIENCE).build();
    return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
  }

  List<String> scrape() throws IOException, InterruptedException {
    HttpResponse<String> response = get("/metrics");
    assertThat(response.statusCode()).isEqualTo(200);
    return response.body().lines().toList();
  }

  /** {@return the names of all time series} */
  Set<String> names() throws IOException, InterruptedException {
    Set<String> names = new TreeSet<>();
    scrape().stream()
        .filter(line -> !line.startsWith("#"))
        .forEach(line -> names.add(line.replaceAll("[{ ].*", "")));
    return names;
  }

  void await(Predicate<String> wanted) throws IOException, InterruptedException {
    long start = System.nanoTime();
    List<String> lines = scrape();
    while (lines.stream().noneMatch(wanted)) {
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new AssertionError("not served: " + String.join("\n", lines));
      }
      Thread.sleep(20);
      lines = scrape();
    }
  }

  void awaitReady() throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (get("/readyz").statusCode() != 200) {
      assertThat(System.nanoTime() - start).as("ready").isLessThan(PATIENCE.toNanos());
      Thread.sleep(20);
    }
  }

  void terminate() {
    process.destroy();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
