// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorSender;
import io.tensorcom.examples.cli.UserException;
import io.tensorcom.metrics.TransferMetrics;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * Serves what a tool measures: {@code /metrics} for Prometheus, {@code /healthz}, which answers as
 * long as the process does, and {@code /readyz}. A tool is ready when each of its senders and
 * receivers is bound or connected to a peer and what it requires is done, and not any more once it
 * is asked to end. Thread-safe.
 */
public final class MetricsServer implements AutoCloseable {
  private static final int THREADS = 2;
  private static final int LAST_PORT = 65_535;
  private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String PLAIN_TEXT = "text/plain; charset=utf-8";

  private record Answer(int status, String type, String body) {}

  /** What must hold of a tool that is ready, and what to say where it does not. */
  private record Condition(BooleanSupplier holds, String otherwise) {}

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics collections = new JvmGcMetrics();
  private final List<TransferMetrics> sockets = new CopyOnWriteArrayList<>();
  private final List<Condition> conditions = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(THREADS, MetricsServer::daemon);
  private volatile boolean stopping;

  private MetricsServer(InetSocketAddress address, String tool) throws IOException {
    registry.config().commonTags("tool", tool);
    new JvmMemoryMetrics().bindTo(registry);
    collections.bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    server = HttpServer.create(address, 0);
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  /**
   * Opens a server.
   *
   * @param address port, or host and port; port 0 is any that is free
   * @param tool the name of the tool, a tag of all meters
   * @param err where the address is told
   * @throws UserException if the address makes no sense or is taken
   */
  public static MetricsServer open(String address, String tool, PrintStream err) {
    // Whoever asks, or reads, too slowly must not keep probes from being answered.
    HttpLimits.apply();
    InetSocketAddress place = parse(address);
    try {
      MetricsServer server = new MetricsServer(place, tool);
      err.println("metrics at " + server.url() + "/metrics");
      return server;
    } catch (IOException e) {
      throw new UserException("--metrics: " + address + ": " + e.getMessage(), e);
    }
  }

  private static InetSocketAddress parse(String address) {
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, Math.max(0, colon)).replaceAll("^\\[|\\]$", "");
    try {
      int port = Integer.parseInt(address.substring(colon + 1));
      if (port < 0 || port > LAST_PORT) {
        throw new NumberFormatException("port " + port);
      }
      return host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--metrics: " + address + " (expected: [HOST:]PORT, for example 8080)", e);
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "tensorcom-metrics");
    thread.setDaemon(true);
    return thread;
  }

  /** {@return where it is served, for example http://127.0.0.1:8080} */
  public String url() {
    InetSocketAddress address = server.getAddress();
    String host = address.getAddress().getHostAddress();
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  /** Shows the figures of a sender, and waits for it to be ready. */
  public void watch(String name, TensorSender sender) {
    add(TransferMetrics.of(name, sender));
    connected(() -> !sender.boundEndpoints().isEmpty() || sender.stats().socket().peers() > 0);
  }

  /** Shows the figures of a receiver, and waits for it to be ready. */
  public void watch(String name, TensorReceiver receiver) {
    add(TransferMetrics.of(name, receiver));
    connected(() -> !receiver.boundEndpoints().isEmpty() || receiver.stats().socket().peers() > 0);
  }

  private void connected(BooleanSupplier holds) {
    conditions.add(new Condition(holds, "nobody is connected"));
  }

  /** Waits for this, too, to be so; otherwise a few words say what is not. */
  public void require(BooleanSupplier holds, String otherwise) {
    conditions.add(new Condition(holds, otherwise));
  }

  private void add(TransferMetrics metrics) {
    metrics.bindTo(registry);
    sockets.add(metrics);
  }

  /** Shows what a stage of the tool's work does. */
  public void watch(String name, StageMeter stage) {
    // A counter holds on to its function only.
    FunctionCounter.builder("tensorcom.stage.samples", registry, unused -> stage.samples())
        .tag("stage", name)
        .description("Samples that went through a stage of the tool's work")
        .register(registry);
    FunctionCounter.builder("tensorcom.stage.busy", registry, unused -> stage.seconds())
        .tag("stage", name)
        .baseUnit("seconds")
        .description("How long they took there, added up over threads")
        .register(registry);
  }

  /** From now on the tool is not ready. */
  public void stopping() {
    stopping = true;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer = answer(exchange.getRequestMethod(), exchange.getRequestURI().getPath());
      byte[] body = answer.body.getBytes(UTF_8);
      exchange.getResponseHeaders().set("Content-Type", answer.type);
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(answer.status, head ? -1 : body.length);
      if (!head) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  private Answer answer(String method, String path) {
    if (!method.equals("GET") && !method.equals("HEAD")) {
      return plain(405, "only GET and HEAD");
    }
    return switch (path) {
      case "/metrics" -> {
        sockets.forEach(TransferMetrics::refresh);
        yield new Answer(200, PROMETHEUS_TEXT, registry.scrape());
      }
      case "/healthz" -> plain(200, "ok");
      case "/readyz" -> readiness();
      default -> plain(404, "there are /metrics, /healthz and /readyz");
    };
  }

  private Answer readiness() {
    if (stopping) {
      return plain(503, "stopping");
    }
    if (conditions.isEmpty()) {
      return plain(503, "starting");
    }
    return conditions.stream()
        .filter(each -> !each.holds.getAsBoolean())
        .findFirst()
        .map(unmet -> plain(503, unmet.otherwise))
        .orElseGet(() -> plain(200, "ready"));
  }

  private static Answer plain(int status, String text) {
    return new Answer(status, PLAIN_TEXT, text + "\n");
  }

  /** Ends at once. Idempotent. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    sockets.forEach(TransferMetrics::close);
    collections.close();
    registry.close();
  }
}
