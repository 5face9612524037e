// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import io.tensorcom.examples.cli.ExamplesHome;
import io.tensorcom.examples.cli.UserException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network learns from a stream: a server process, a name that a DNS server answers, a training
 * process, and at the end images that it has not seen.
 */
final class TrainingStage implements AutoCloseable {
  private static final int EPOCHS = 10;
  private static final double LEAST_ACCURACY = 0.85;
  private static final int TEST_IMAGES = 1500;
  private static final Pattern SERVING = Pattern.compile("serving \\S+:(\\d+)");
  private static final Pattern ACCURACY =
      Pattern.compile("accuracy ([0-9.]+) on (\\d+) test images");

  private final PrintStream out;
  private final List<Process> processes = new ArrayList<>();
  private final Thread hook = new Thread(this::endAll, "tensorcom-demo-end-training");

  TrainingStage(PrintStream out) {
    this.out = out;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /**
   * Trains, and draws the losses.
   *
   * @throws UserException if the network did not learn
   */
  void run() throws IOException, InterruptedException {
    Path plot = ExamplesHome.folder().resolve("target/demo-loss.png");
    try (DemoDns dns = DemoDns.start()) {
      out.println(
          "training: " + EPOCHS + " epochs from " + DemoDns.NAME + ", answered by " + dns.place());
      String train =
          "zrpull://"
              + DemoDns.NAME
              + ":"
              + serve(ExamplesHome.trainingShards(), EPOCHS)
              + "?discovery=dns:server="
              + dns.place();
      String test = "zrpull://127.0.0.1:" + serve(ExamplesHome.testShards(), 1);
      Process training =
          start(
              List.of(
                  "train",
                  "--model=cnn",
                  "--seed=1",
                  "--tensorcom=" + train,
                  "--test=" + test,
                  "--plot=" + plot));
      double accuracy = follow(training);
      if (accuracy < LEAST_ACCURACY) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "failed: accuracy %.3f (expected: >= %.2f)",
                accuracy,
                LEAST_ACCURACY));
      }
      for (Process process : processes) {
        if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
          throw new UserException("failed: a process of the training did not end well");
        }
      }
    }
    out.println("the losses are drawn in " + plot);
    out.flush();
  }

  /** Starts a server and returns its port. */
  private String serve(String shards, int epochs) throws IOException {
    Process server =
        start(
            List.of(
                "serve",
                "-u",
                shards,
                "-b",
                "50",
                "-S",
                "--shuffle-seed",
                "7",
                "-r",
                "1000000",
                "--epochs",
                "" + epochs,
                "zrpush://127.0.0.1:0"));
    String line = lines(server).readLine();
    Matcher matcher = SERVING.matcher("" + line);
    if (!matcher.matches()) {
      throw new UserException("the server did not start");
    }
    return matcher.group(1);
  }

  private double follow(Process training) throws IOException {
    double accuracy = 0;
    int images = 0;
    int count = 0;
    BufferedReader lines = lines(training);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Matcher matcher = ACCURACY.matcher(line);
      if (matcher.matches()) {
        accuracy = Double.parseDouble(matcher.group(1));
        images = Integer.parseInt(matcher.group(2));
      }
      // One step line of ten is enough here.
      if (!line.contains(" per sample ") || count++ % 10 == 0) {
        out.println("  " + line);
        out.flush();
      }
    }
    if (images != TEST_IMAGES) {
      throw new UserException("failed: " + images + " test images (expected: " + TEST_IMAGES + ")");
    }
    return accuracy;
  }

  private static BufferedReader lines(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  private Process start(List<String> args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ChildProcess.inheritedOptions());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(DemoTool.class.getName());
    command.addAll(args);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    processes.add(process);
    return process;
  }

  private void endAll() {
    processes.forEach(Process::destroyForcibly);
  }

  @Override
  public void close() {
    endAll();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The hook runs already.
    }
  }
}
