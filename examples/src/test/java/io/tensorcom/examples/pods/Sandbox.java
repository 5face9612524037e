// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Namespaces of their own, held by a process that ends with this one, however it ends; and with it
 * all that was started in them. Nothing outside has a name: two can be side by side.
 */
final class Sandbox implements AutoCloseable {
  private final Process process;
  private final long pid;

  private Sandbox(Process process, long pid) {
    this.process = process;
    this.pid = pid;
  }

  /**
   * Makes a sandbox.
   *
   * @param folder of its own, empty or with what is to stand in {@code etc} and {@code cgroup}
   * @param seen files and folders of ours, and where they are seen in it
   */
  static Sandbox start(Path folder, String hostname, Map<Path, Path> seen) throws IOException {
    for (String name : List.of("root", "etc", "cgroup")) {
      Files.createDirectories(folder.resolve(name));
    }
    Files.writeString(folder.resolve("etc/hostname"), hostname + "\n");
    List<String> command =
        new ArrayList<>(
            List.of("unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork"));
    command.addAll(List.of("--kill-child", "sh", Resources.file("sandbox").toString()));
    command.addAll(List.of(folder.toString(), hostname));
    seen.forEach((from, to) -> command.addAll(List.of(from.toString(), to.toString())));
    Process process =
        new ProcessBuilder(command).redirectError(folder.resolve("sandbox.log").toFile()).start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    if (!"ready".equals(out.readLine())) {
      process.destroyForcibly();
      throw new IOException(
          "no sandbox: " + Files.readString(folder.resolve("sandbox.log")).strip());
    }
    return new Sandbox(process, process.children().findFirst().orElseThrow().pid());
  }

  /** {@return the process that holds the namespaces, as it is seen from here} */
  long pid() {
    return pid;
  }

  /** {@return a command that runs another one on this network, with our files} */
  List<String> onNetwork(String... command) {
    return Stream.concat(
            Stream.of("nsenter", "-t", Long.toString(pid), "--net", "--pid"), Stream.of(command))
        .toList();
  }

  /** {@return a command that runs another one on this network, with its files and processes} */
  List<String> inside(List<String> command) {
    return Stream.concat(
            Stream.of("nsenter", "-t", Long.toString(pid)),
            Stream.concat(
                Stream.of("--net", "--mount", "--uts", "--ipc", "--pid", "--root", "--wd"),
                command.stream()))
        .toList();
  }

  /** Runs lines of the shell on this network, with our files; they must do well. */
  void shell(String lines) throws IOException, InterruptedException {
    run("sh", "-ec", lines);
  }

  /** Runs a command to its end on this network, with our files; it must do well. */
  void run(String... words) throws IOException, InterruptedException {
    List<String> command = onNetwork(words);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException(
          command
              + ": "
              + new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /** Ends all that runs here, at once. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
