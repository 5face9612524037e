// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** What runs in a pod, and its log. Thread-safe. */
final class Container implements AutoCloseable {
  /** How long whatever must happen may take on a machine with other work. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** The exit code of what was asked to end. */
  static final int SIGTERM = 128 + 15;

  private final String name;
  private final Process process;
  private final List<String> log = new ArrayList<>();
  private boolean ended;

  Container(String name, ProcessBuilder builder) throws IOException {
    this.name = name;
    this.process = builder.redirectErrorStream(true).start();
    Thread reader = new Thread(this::read, "log of " + name);
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        add(line);
      }
    } catch (IOException e) {
      add(e.toString());
    }
    synchronized (this) {
      ended = true;
      notifyAll();
    }
  }

  private synchronized void add(String line) {
    log.add(line);
    notifyAll();
  }

  /** {@return what was printed so far} */
  synchronized List<String> log() {
    return List.copyOf(log);
  }

  /** {@return the first line of the log, from an index on, that is wanted; waits for it} */
  synchronized String await(String what, int from, Predicate<String> wanted)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    for (int i = from; ; i++) {
      while (i >= log.size()) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0 || ended) {
          throw new AssertionError(
              name + ": no " + what + " in its log" + (ended ? ", which ended: " : ": ") + tail());
        }
        wait(left);
      }
      if (wanted.test(log.get(i))) {
        return log.get(i);
      }
    }
  }

  String await(String what, Predicate<String> wanted) throws InterruptedException {
    return await(what, 0, wanted);
  }

  private String tail() {
    return String.join("\n", log.subList(Math.max(0, log.size() - 40), log.size()));
  }

  /** {@return the process of the tool itself: what it was started by are its parents} */
  private ProcessHandle tool() {
    ProcessHandle tool = process.toHandle();
    // nsenter, unshare, and then the tool, which may have children.
    for (int i = 0; i < 2; i++) {
      tool = tool.children().findFirst().orElseThrow();
    }
    return tool;
  }

  /** {@return what the tool, a JVM, holds on to} */
  Footprint footprint() throws IOException, InterruptedException {
    return Footprint.of(tool().pid());
  }

  /** Ends the tool without warning. */
  void kill() {
    tool().destroyForcibly();
    process.onExit().join();
  }

  /** Asks the tool to end, as kubelet does. */
  void terminate() {
    tool().destroy();
  }

  /** Ends the tool's standard input. */
  void closeInput() throws IOException {
    process.getOutputStream().close();
  }

  /** Waits for the tool's end and that of its log, and returns its exit code. */
  int awaitEnd() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new AssertionError(name + " does not end: " + String.join("\n", log()));
    }
    synchronized (this) {
      while (!ended) {
        wait();
      }
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
