// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.examples.cli.UserException;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.TensorBatch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class PageServerTest {
  private final Showcase showcase =
      new Showcase(
          new ViewOptions(Mode.IMGCLASS, false, 4, 8, ClassNames.NONE), 0, System::nanoTime);
  private final PageServer server = PageServer.open(0, showcase, () -> "{\"shown\":null}");

  @AfterEach
  void close() {
    server.close();
    showcase.close();
  }

  private int port() {
    return URI.create(server.url()).getPort();
  }

  /** Sends lines as they are, since Java's client does not let us choose the Host. */
  private String ask(String... lines) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      socket
          .getOutputStream()
          .write(
              (String.join("\r\n", lines) + "\r\nConnection: close\r\n\r\n").getBytes(ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  private String get(String path) throws IOException {
    return ask("GET " + path + " HTTP/1.1", "Host: localhost:" + port());
  }

  @ParameterizedTest
  @CsvSource({
    "/, text/html, <title>tensorshow</title>",
    "/page.js, text/javascript, refresh()",
    "/page.css, text/css, canvas",
    "/latest.json, application/json, {\"shown\":null}",
  })
  void shouldServeThePageAndWhatItNeedsWhenAsked(String path, String type, String part)
      throws IOException {
    assertThat(get(path))
        .startsWith("HTTP/1.1 200 ")
        .containsIgnoringCase("Content-Type: " + type)
        .contains(part);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/latest.json", "/nonsense"})
  void shouldAllowNothingFromElsewhereWhenItAnswers(String path) throws IOException {
    assertThat(get(path))
        .containsIgnoringCase("Content-Security-Policy: default-src 'none'; script-src 'self'; ")
        .doesNotContain("unsafe-", "http:", "https:")
        .containsIgnoringCase("X-Content-Type-Options: nosniff")
        .containsIgnoringCase("Cross-Origin-Resource-Policy: same-origin")
        .containsIgnoringCase("Cache-Control: no-store");
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "127.0.0.1:1", "localhost:65535", "[::1]:80"})
  void shouldAnswerWhenTheHostIsThisMachine(String host) throws IOException {
    assertThat(ask("GET / HTTP/1.1", "Host: " + host)).startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "10.0.0.1"})
  void shouldRefuseWhenANameOfSomebodyElseLeadsHere(String host) throws IOException {
    for (String path : new String[] {"/", "/latest.json", "/grid/1.png"}) {
      assertThat(ask("GET " + path + " HTTP/1.1", "Host: " + host))
          .startsWith("HTTP/1.1 403 ")
          .doesNotContain("shown");
    }
  }

  @Test
  void shouldRefuseWhenTheHostIsMissingOrGivenTwice() throws IOException {
    assertThat(ask("GET / HTTP/1.0")).startsWith("HTTP/1.1 403 ");
    // Newer JDKs, as 17.0.21, refuse the second one by themselves.
    assertThat(ask("GET / HTTP/1.1", "Host: localhost", "Host: evil.example"))
        .matches("(?s)HTTP/1\\.1 40[03] .*")
        .doesNotContain("shown");
  }

  @Test
  void shouldRefuseWhenTheMethodChangesSomething() throws IOException {
    assertThat(ask("POST / HTTP/1.1", "Host: localhost", "Content-Length: 0"))
        .startsWith("HTTP/1.1 405 ");
    assertThat(ask("HEAD / HTTP/1.1", "Host: localhost"))
        .startsWith("HTTP/1.1 200 ")
        .doesNotContain("<title>");
  }

  @Test
  void shouldServeThePictureOfTheLatestBatchAloneWhenThereIsOne() throws Exception {
    assertThat(get("/grid/1.png")).startsWith("HTTP/1.1 404 ");
    TensorBatch batch = TensorBatch.of(Tensors.zeros(DType.UINT8, 1, 8, 8, 3));
    showcase.offer(batch);
    batch.whenReleased().toCompletableFuture().get(30, TimeUnit.SECONDS);
    while (!showcase.isIdle()) {
      Thread.onSpinWait();
    }
    assertThat(get("/grid/1.png")).startsWith("HTTP/1.1 200 ").contains("image/png", "IHDR");
    assertThat(get("/grid/0.png")).startsWith("HTTP/1.1 404 ");
    assertThat(get("/grid/../latest.json")).startsWith("HTTP/1.1 404 ");
  }

  @Test
  void shouldListenToThisMachineAlone() {
    assertThat(server.url()).startsWith("http://127.0.0.1:");
    assertThatThrownBy(() -> PageServer.open(port(), showcase, () -> ""))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("--page-port: " + port() + ": ");
  }
}
