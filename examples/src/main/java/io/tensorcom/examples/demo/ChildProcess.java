// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A Java process with this one's class path and options, which ends when it is closed or when this
 * process ends, however it does. Standard error is shared. Thread-safe.
 */
final class ChildProcess implements AutoCloseable {
  /**
   * Something that a child said, or its end.
   *
   * @param message empty at the end of its standard output
   */
  record Event(ChildProcess child, Optional<ChildMessage> message) {}

  private final String name;
  private final Process process;
  private final Thread hook;

  private ChildProcess(String name, Process process) {
    this.name = name;
    this.process = process;
    this.hook = new Thread(process::destroyForcibly, "tensorcom-demo-end-" + name);
  }

  /** Starts a child whose lines go to this queue. */
  static ChildProcess start(
      String name, Class<?> mainClass, List<String> args, BlockingQueue<Event> events)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(inheritedOptions());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(mainClass.getName());
    command.addAll(args);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    ChildProcess child = new ChildProcess(name, process);
    try {
      Runtime.getRuntime().addShutdownHook(child.hook);
    } catch (IllegalStateException e) {
      process.destroyForcibly();
      throw new IOException("this process is about to end", e);
    }
    Thread reader = new Thread(() -> child.read(events), "tensorcom-demo-" + name);
    reader.setDaemon(true);
    reader.start();
    return child;
  }

  /** The options of this JVM; a second debugger would find its port taken. */
  static List<String> inheritedOptions() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> !option.startsWith("-agentlib:jdwp") && !option.startsWith("-Xrunjdwp"))
        .toList();
  }

  private void read(BlockingQueue<Event> events) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        events.add(new Event(this, Optional.of(ChildMessage.parse(line))));
      }
    } catch (IOException e) {
      // As at the end.
    }
    events.add(new Event(this, Optional.empty()));
  }

  String name() {
    return name;
  }

  long pid() {
    return process.pid();
  }

  /** Tells the child something; one that has ended does not hear it. */
  void tell(ChildMessage message) {
    try {
      Writer writer = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
      writer.write(message + "\n");
      writer.flush();
    } catch (IOException | UncheckedIOException e) {
      // Its end is an event of its own.
    }
  }

  /** Closes the child's standard input, as the end of this process would. */
  void closeInput() throws IOException {
    process.getOutputStream().close();
  }

  /** {@return the exit code, or nothing if the child has not ended in time} */
  Optional<Integer> awaitExit(Duration timeout) throws InterruptedException {
    return process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)
        ? Optional.of(process.exitValue())
        : Optional.empty();
  }

  /** Ends the child, by force if it has not ended by itself. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The hook runs already.
    }
  }
}
