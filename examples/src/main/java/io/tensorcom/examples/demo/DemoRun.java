// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import io.tensorcom.examples.cli.UserException;
import io.tensorcom.examples.demo.ChildProcess.Event;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One run of the demo: two children, what they say, and how they end. Not thread-safe. */
final class DemoRun implements AutoCloseable {
  private static final Duration EXIT_WAIT = Duration.ofSeconds(10);

  private final PrintStream out;
  private final Duration timeout;
  private final long startNanos = System.nanoTime();
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final List<ChildProcess> children = new ArrayList<>();
  private final List<String> troubles = new ArrayList<>();
  private boolean serverDone;
  private boolean receiverDone;

  DemoRun(PrintStream out, Duration timeout) {
    this.out = out;
    this.timeout = timeout;
  }

  /** Runs both children to their end; returns what went wrong with them. */
  List<String> run(List<String> serverArgs, Path receiverLog)
      throws IOException, InterruptedException {
    ChildProcess server = start("server", DemoServer.class, serverArgs);
    String url = awaitReady(server);
    show(server, "sends to " + url);
    List<String> receiverArgs = List.of(url, "--log", receiverLog.toString());
    ChildProcess receiver = start("receiver", DemoReceiver.class, receiverArgs);
    boolean receiving = true;
    while (receiving) {
      Event event = next();
      ChildMessage message = event.message().orElse(null);
      if (event.child() == server) {
        serverSays(server, message, receiver);
      } else {
        receiving = receiverSays(receiver, message);
      }
    }
    if (receiverDone) {
      // Otherwise the server may wait for a receiver that is gone.
      checkExit(server, serverDone);
    }
    checkExit(receiver, receiverDone);
    return troubles;
  }

  private ChildProcess start(String name, Class<?> mainClass, List<String> args)
      throws IOException {
    ChildProcess child = ChildProcess.start(name, mainClass, args, events);
    children.add(child);
    return child;
  }

  private String awaitReady(ChildProcess child) throws InterruptedException {
    ChildMessage message = next().message().orElse(null);
    if (message == null || !message.word().equals(ChildMessage.READY)) {
      throw new UserException("the " + child.name() + " did not start");
    }
    return message.values().get(0);
  }

  private Event next() throws InterruptedException {
    long left = timeout.toNanos() - (System.nanoTime() - startNanos);
    Event event = events.poll(Math.max(0, left), TimeUnit.NANOSECONDS);
    if (event == null) {
      throw new UserException(
          (serverDone ? "the receiver" : "the server")
              + (" was not done within " + timeout.toSeconds() + " s: gave up"));
    }
    return event;
  }

  private void serverSays(
      ChildProcess server, @Nullable ChildMessage message, ChildProcess receiver) {
    if (message != null && message.word().equals(ChildMessage.DONE)) {
      serverDone = true;
      show(server, "done: " + message.totals());
      receiver.tell(new ChildMessage(ChildMessage.END, message.values().subList(0, 1)));
    } else if (message == null && !serverDone) {
      // The receiver still gets what is on its way.
      receiver.tell(new ChildMessage(ChildMessage.END, List.of()));
    }
  }

  /** Returns whether the receiver goes on. */
  private boolean receiverSays(ChildProcess receiver, @Nullable ChildMessage message) {
    if (message == null) {
      return false;
    }
    switch (message.word()) {
      case ChildMessage.READY -> show(receiver, "receives from " + message.values().get(0));
      case ChildMessage.PROGRESS -> show(receiver, message.totals().toString());
      case ChildMessage.DONE -> {
        receiverDone = true;
        show(receiver, "done: " + message.totals());
      }
      default -> show(receiver, message.toString());
    }
    return true;
  }

  private void show(ChildProcess child, String what) {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    out.println(
        String.format(
            Locale.ROOT, "%6.2f s  %-8s (pid %d): %s", seconds, child.name(), child.pid(), what));
    out.flush();
  }

  private void checkExit(ChildProcess child, boolean done) throws InterruptedException {
    String code = child.awaitExit(EXIT_WAIT).map(String::valueOf).orElse("none");
    if (!done) {
      troubles.add("the " + child.name() + " ended before it was done (exit code " + code + ")");
    } else if (!code.equals("0")) {
      troubles.add("the " + child.name() + " was done, but its exit code is " + code);
    }
  }

  @Override
  public void close() {
    children.forEach(ChildProcess::close);
  }
}
