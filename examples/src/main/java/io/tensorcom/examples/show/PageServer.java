// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tensorcom.examples.cli.UserException;
import io.tensorcom.examples.metrics.HttpLimits;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves the page, what it shows and its pictures, to this machine alone: on the loopback address,
 * and only to requests whose Host says so, since a name of somebody else's may lead here, too. The
 * page may load nothing from elsewhere. Thread-safe.
 */
final class PageServer implements AutoCloseable {
  private static final int THREADS = 2;
  private static final Set<String> HOSTS = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final String PLAIN_TEXT = "text/plain; charset=utf-8";
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private record Answer(int status, String type, ByteBuffer body) {}

  private final Showcase showcase;
  private final Supplier<String> latest;
  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS,
          work -> {
            Thread thread = new Thread(work, "tensorcom-page");
            thread.setDaemon(true);
            return thread;
          });

  private PageServer(int port, Showcase showcase, Supplier<String> latest) throws IOException {
    this.showcase = showcase;
    this.latest = latest;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  /**
   * Opens a server.
   *
   * @param port 0 for any that is free
   * @param latest makes the object that the page shows
   * @throws UserException if the port is taken
   */
  static PageServer open(int port, Showcase showcase, Supplier<String> latest) {
    HttpLimits.apply();
    try {
      return new PageServer(port, showcase, latest);
    } catch (IOException e) {
      throw new UserException("--page-port: " + port + ": " + e.getMessage(), e);
    }
  }

  /** {@return where the page is} */
  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer = answer(exchange);
      Headers headers = exchange.getResponseHeaders();
      headers.set("Content-Type", answer.type);
      headers.set("Content-Security-Policy", POLICY);
      headers.set("X-Content-Type-Options", "nosniff");
      headers.set("Referrer-Policy", "no-referrer");
      headers.set("Cross-Origin-Resource-Policy", "same-origin");
      headers.set("Cache-Control", "no-store");
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(answer.status, head ? -1 : answer.body.remaining());
      if (!head) {
        // Of a stream, the channel writes all.
        Channels.newChannel(exchange.getResponseBody()).write(answer.body.duplicate());
      }
    }
  }

  private Answer answer(HttpExchange exchange) throws IOException {
    if (!isForThisMachine(exchange.getRequestHeaders().get("Host"))) {
      return plain(403, "only as http://localhost or http://127.0.0.1");
    }
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      return plain(405, "only GET and HEAD");
    }
    String path = exchange.getRequestURI().getPath();
    return switch (path) {
      case "/" -> resource("page.html", "text/html; charset=utf-8");
      case "/page.css" -> resource("page.css", "text/css; charset=utf-8");
      case "/page.js" -> resource("page.js", "text/javascript; charset=utf-8");
      case "/latest.json" -> new Answer(200, "application/json; charset=utf-8", wrap(latest.get()));
      default -> picture(path);
    };
  }

  private static boolean isForThisMachine(@Nullable List<String> hosts) {
    // The port may be another: the page may be looked at through a tunnel.
    return hosts != null
        && hosts.size() == 1
        && HOSTS.contains(hosts.get(0).replaceFirst(":[0-9]*$", ""));
  }

  private Answer picture(String path) {
    Showcase.Exhibit exhibit = showcase.look();
    ByteBuffer png = exhibit == null ? null : exhibit.png();
    return exhibit == null || png == null || !path.equals("/grid/" + exhibit.number() + ".png")
        ? plain(404, "not here, or not any more")
        : new Answer(200, "image/png", png);
  }

  private static Answer resource(String name, String type) throws IOException {
    try (InputStream in = PageServer.class.getResourceAsStream(name)) {
      return new Answer(
          200, type, ByteBuffer.wrap(Objects.requireNonNull(in, name).readAllBytes()));
    }
  }

  private static Answer plain(int status, String text) {
    return new Answer(status, PLAIN_TEXT, wrap(text + "\n"));
  }

  private static ByteBuffer wrap(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }

  /** Ends at once. Idempotent. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
