// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A sender in Java, a {@link FaultyPeer} that is bound to a port of its choice.
 *
 * @param log what it writes down before it sends
 */
record SenderProcess(Process process, int port, Path log) implements AutoCloseable {
  static SenderProcess start(String scheme, Path log) throws IOException {
    return start(scheme, log, 0);
  }

  /** Starts a sender whose batches carry this number. */
  static SenderProcess start(String scheme, Path log, int number) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                FaultyPeer.class.getName(),
                "send",
                scheme + "://127.0.0.1:0",
                log.toString(),
                "" + number)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String ready = Objects.requireNonNull(out.readLine(), "no port");
    return new SenderProcess(process, Integer.parseInt(ready.substring("ready ".length())), log);
  }

  /** {@return its address as statistics name it} */
  String address() {
    return "tcp://127.0.0.1:" + port;
  }

  void signal(String name) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor())
        .isZero();
  }

  void kill() throws IOException, InterruptedException {
    signal("KILL");
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
  }

  /** Tells it something: {@code epoch} to end an epoch, anything else to end. */
  void tell(String word) throws IOException {
    OutputStream in = process.getOutputStream();
    in.write((word + "\n").getBytes(StandardCharsets.UTF_8));
    in.flush();
  }

  /** {@return the numbers of the batches it was about to send} */
  List<Long> sent() throws IOException {
    return Files.readAllLines(log).stream()
        .map(line -> Long.valueOf(line.substring(0, line.indexOf(' '))))
        .toList();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
