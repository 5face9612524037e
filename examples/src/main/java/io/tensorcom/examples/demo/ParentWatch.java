// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Reads a child's standard input: tells it what its parent says, and ends it with its parent, whose
 * end of the pipe the system closes in any case.
 */
final class ParentWatch implements Runnable {
  private final Consumer<ChildMessage> listener;

  private ParentWatch(Consumer<ChildMessage> listener) {
    this.listener = listener;
  }

  static void start(Consumer<ChildMessage> listener) {
    Thread thread = new Thread(new ParentWatch(listener), "tensorcom-demo-parent");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void run() {
    try {
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        listener.accept(ChildMessage.parse(line));
      }
    } catch (IOException e) {
      // As at the end.
    }
    // Nobody is left who would wait for an orderly end.
    Runtime.getRuntime().halt(1);
  }
}
