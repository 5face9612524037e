// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/**
 * A headless browser with one page, driven by its DevTools protocol: Chromium, from the Debian
 * package {@code chromium}. It resolves no names.
 */
final class Chromium implements AutoCloseable {
  private static final Path PROGRAM = Path.of("/usr/bin/chromium");
  private static final String REQUIRED = "TENSORCOM_REQUIRE_CHROMIUM";
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> calls = new ConcurrentHashMap<>();
  private final List<JsonNode> events = new CopyOnWriteArrayList<>();

  private Chromium(Process process, String url) throws Exception {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create(url), new Listener())
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      call(domain + ".enable", JSON.createObjectNode());
    }
  }

  /**
   * {@return whether it can be run; if not, a line says why}
   *
   * @throws IllegalStateException if it cannot and the environment says that it must
   */
  static boolean isAvailable() {
    boolean available = Files.isExecutable(PROGRAM);
    if (!available) {
      String reason = "no Chromium here: install the Debian package chromium";
      if (System.getenv(REQUIRED) != null) {
        throw new IllegalStateException(reason);
      }
      System.out.println("SKIPPED: " + reason);
    }
    return available;
  }

  /** Starts it with a profile in an empty folder. */
  static Chromium start(Path folder) throws Exception {
    Path port = folder.resolve("profile/DevToolsActivePort");
    ProcessBuilder builder =
        new ProcessBuilder(
                PROGRAM.toString(),
                "--headless=new",
                // There is none for root, and nothing but our own page is opened.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-extensions",
                "--disable-sync",
                "--no-first-run",
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                "--force-color-profile=srgb",
                "--force-device-scale-factor=1",
                "--hide-scrollbars",
                "--window-size=1200,900",
                "--user-data-dir=" + folder.resolve("profile"),
                "--remote-debugging-port=0",
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("chromium.log").toFile());
    // Its socket's link leads out of the folder otherwise, of which whoever deletes it warns.
    builder.environment().put("TMPDIR", folder.toString());
    Process process = builder.start();
    try {
      long start = System.nanoTime();
      while (Files.notExists(port) || Files.readAllLines(port).size() < 2) {
        if (!process.isAlive() || System.nanoTime() - start > PATIENCE.toNanos()) {
          throw new AssertionError(Files.readString(folder.resolve("chromium.log")));
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
      return new Chromium(process, pageOf(Files.readAllLines(port).get(0)));
    } catch (Exception | Error e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static String pageOf(String port) throws IOException, InterruptedException {
    HttpRequest list =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list"))
            .timeout(PATIENCE)
            .build();
    String body =
        HttpClient.newHttpClient().send(list, HttpResponse.BodyHandlers.ofString()).body();
    for (JsonNode each : JSON.readTree(body)) {
      if (each.path("type").asText().equals("page")) {
        return each.path("webSocketDebuggerUrl").asText();
      }
    }
    throw new AssertionError("no page: " + body);
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        take(text.toString());
        text.setLength(0);
      }
      from.request(1);
      return null;
    }
  }

  private void take(String message) {
    try {
      JsonNode node = JSON.readTree(message);
      CompletableFuture<JsonNode> call = calls.remove(node.path("id").asInt());
      if (call != null) {
        call.complete(node);
      } else {
        events.add(node);
      }
    } catch (IOException e) {
      throw new AssertionError(message, e);
    }
  }

  private JsonNode call(String method, ObjectNode params) throws Exception {
    ObjectNode message = JSON.createObjectNode();
    int id = ids.incrementAndGet();
    message.put("id", id).put("method", method).set("params", params);
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    calls.put(id, answer);
    socket.sendText(message.toString(), true).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    JsonNode node = answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    if (node.has("error")) {
      throw new AssertionError(method + ": " + node);
    }
    return node.path("result");
  }

  /** Opens a page in place of the one before. */
  void open(String url) throws Exception {
    events.clear();
    call("Page.navigate", JSON.createObjectNode().put("url", url));
  }

  /** {@return what an expression is in the page, also of a promise} */
  JsonNode evaluate(String expression) throws Exception {
    JsonNode result =
        call(
            "Runtime.evaluate",
            JSON.createObjectNode()
                .put("expression", expression)
                .put("awaitPromise", true)
                .put("returnByValue", true));
    if (result.has("exceptionDetails")) {
      throw new AssertionError(expression + ": " + result);
    }
    return result.path("result").path("value");
  }

  /** Waits until an expression is true in the page. */
  void await(String condition) throws Exception {
    evaluate(
        "new Promise(done => { const look = () => ("
            + condition
            + ") ? done(true) : setTimeout(look, 20); look(); })");
  }

  BufferedImage screenshot() throws Exception {
    String data = call("Page.captureScreenshot", JSON.createObjectNode()).path("data").asText();
    return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(data)));
  }

  /** {@return addresses that the page has loaded, or tried to} */
  List<String> requests() {
    return events.stream()
        .filter(event -> event.path("method").asText().equals("Network.requestWillBeSent"))
        .map(event -> event.path("params").path("request").path("url").asText())
        .toList();
  }

  /** {@return what the browser complains of: policies, failures and exceptions} */
  List<String> complaints() {
    return events.stream()
        .filter(
            event ->
                event.path("params").path("entry").path("level").asText().equals("error")
                    || event.path("method").asText().equals("Runtime.exceptionThrown"))
        .map(JsonNode::toString)
        // Browsers ask for an icon unasked; a picture may be gone when it is asked for.
        .filter(text -> !text.contains("/favicon.ico") && !text.contains("/grid/"))
        .toList();
  }

  @Override
  public void close() {
    socket.abort();
    List<ProcessHandle> all =
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    process.destroy();
    for (ProcessHandle each : all) {
      try {
        each.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        each.destroyForcibly();
      }
    }
  }
}
