// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import io.tensorcom.TensorReceiver;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.tensor.TensorBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The demo's receiver process: takes whatever comes until its parent says that this is all. */
@Command(name = "tensorcom-demo receiver", description = "A child of tensorcom-demo.")
public final class DemoReceiver implements Callable<Integer> {
  private static final Duration SLICE = Duration.ofMillis(50);
  private static final long PROGRESS_NANOS = Duration.ofMillis(200).toNanos();

  /** How long what is missing may take after the end was announced. */
  private static final long QUIET_NANOS = Duration.ofSeconds(2).toNanos();

  private static final long NOT_YET = -1;

  @Parameters(paramLabel = "URL")
  private String url = "";

  @Option(names = "--log", required = true)
  private Path log = Path.of("");

  /** How many batches were sent: {@link #NOT_YET}, then the most there can be. */
  private final AtomicLong expected = new AtomicLong(NOT_YET);

  /** Makes the command; picocli fills it in. */
  public DemoReceiver() {}

  /** Runs the command. */
  public static void main(String[] args) {
    DemoReceiver receiver = new DemoReceiver();
    ParentWatch.start(receiver::told);
    System.exit(Cli.run(receiver, args));
  }

  private void told(ChildMessage message) {
    if (message.word().equals(ChildMessage.END)) {
      boolean known = !message.values().isEmpty();
      expected.set(known ? Long.parseLong(message.values().get(0)) : Long.MAX_VALUE);
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (TensorReceiver receiver = TensorReceiver.open(url);
        BatchLog batchLog = BatchLog.create(log)) {
      say(ChildMessage.ready(url));
      long lastProgress = System.nanoTime();
      long lastNews = lastProgress;
      while (!isOver(batchLog.totals().batches(), lastNews)) {
        try (TensorBatch batch = receiver.poll(SLICE)) {
          if (batch != null) {
            batchLog.add(batch);
          }
          long now = System.nanoTime();
          // Time for the missing runs from the announcement of the end on.
          if (batch != null || expected.get() == NOT_YET) {
            lastNews = now;
          }
          if (batch != null && now - lastProgress >= PROGRESS_NANOS) {
            lastProgress = now;
            say(ChildMessage.of(ChildMessage.PROGRESS, batchLog.totals()));
          }
        }
      }
      takeWhatNobodySent(receiver, batchLog);
      say(ChildMessage.of(ChildMessage.DONE, batchLog.totals()));
    }
    return 0;
  }

  private boolean isOver(long received, long lastNews) {
    long all = expected.get();
    return all != NOT_YET && (received >= all || System.nanoTime() - lastNews > QUIET_NANOS);
  }

  /** A batch that comes twice comes at the end. */
  private static void takeWhatNobodySent(TensorReceiver receiver, BatchLog batchLog)
      throws IOException, InterruptedException {
    while (true) {
      try (TensorBatch batch = receiver.poll(SLICE)) {
        if (batch == null) {
          return;
        }
        batchLog.add(batch);
      }
    }
  }

  private static void say(ChildMessage message) {
    System.out.println(message);
    System.out.flush();
  }
}
