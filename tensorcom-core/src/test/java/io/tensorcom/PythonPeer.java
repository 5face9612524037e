// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;

/** A Python process that runs one of the peers in {@code src/test/python}. */
final class PythonPeer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  static final Path ROOT = Path.of(System.getProperty("tensorcom.root", ".."));

  private final Process process;
  private final BufferedReader out;
  private final BufferedWriter in;
  private final int port;

  /** Starts a peer and waits until it is bound or connected. */
  PythonPeer(String script, String... arguments) throws IOException {
    this(Map.of(), script, arguments);
  }

  /** Starts a peer with additions to its environment. */
  PythonPeer(Map<String, String> environment, String script, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(interpreter().toString());
    command.add(ROOT.resolve("tensorcom-core/src/test/python/" + script).toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    this.process = builder.start();
    this.out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    this.in =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
    String ready = out.readLine();
    assertThat(ready).as("first line of %s", command).startsWith("ready");
    String port = ready.substring("ready".length()).strip();
    this.port = port.isEmpty() ? 0 : Integer.parseInt(port);
  }

  static Path interpreter() {
    String configured = System.getenv("TENSORCOM_PYTHON");
    return configured != null ? Path.of(configured) : ROOT.resolve(".python/bin/python");
  }

  private static final AtomicBoolean TOLD = new AtomicBoolean();

  /** Skips the test, and says so plainly, where there is no Python environment. */
  static void assumeInstalled() {
    boolean installed = Files.isExecutable(interpreter());
    if (!installed && System.getenv("TENSORCOM_REQUIRE_PYTHON") != null) {
      throw new AssertionError("the Python environment is missing: " + interpreter());
    }
    if (!installed && TOLD.compareAndSet(false, true)) {
      System.out.println(
          "SKIPPED: tests against the Python tensorcom; to run them: .ci/python-env (Debian)");
    }
    Assumptions.assumeTrue(installed, "no Python environment; make it with .ci/python-env");
  }

  /** {@return the port it is bound to, 0 if it is not} */
  int port() {
    return port;
  }

  void say(String line) throws IOException {
    in.write(line + "\n");
    in.flush();
  }

  /** Reads a line of JSON. */
  JsonNode hear() throws IOException {
    String line = out.readLine();
    assertThat(line).as("a line of JSON from the peer").isNotNull();
    return JSON.readTree(line);
  }

  /** Closes the peer's standard input and waits for its good end. */
  void finish() throws IOException, InterruptedException {
    in.close();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  /** Sends a signal, for example STOP. */
  void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, "" + process.pid()).start();
    assertThat(kill.waitFor()).isZero();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
