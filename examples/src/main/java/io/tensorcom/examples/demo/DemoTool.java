// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.serve.ServeImagenetShards;
import io.tensorcom.examples.training.Training;
import java.util.Arrays;

/** A tool as a child of the demo: it ends when the demo does. */
final class DemoTool {
  private DemoTool() {}

  /** Runs {@code serve} or {@code train} with the other arguments. */
  public static void main(String[] args) {
    ParentWatch.start(message -> {});
    String[] rest = Arrays.copyOfRange(args, 1, args.length);
    if (args[0].equals("serve")) {
      System.exit(Cli.run(new ServeImagenetShards(), rest));
    }
    Training.main(rest);
  }
}
