// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import io.tensorcom.TensorSender;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.cli.UserException;
import io.tensorcom.examples.images.DecodeOptions;
import io.tensorcom.examples.images.ImageBatches;
import io.tensorcom.examples.images.ImageBatchesConfig;
import io.tensorcom.examples.images.OnePass;
import io.tensorcom.examples.images.SampleSource;
import io.tensorcom.examples.images.ServerPart;
import io.tensorcom.examples.images.Shard;
import io.tensorcom.examples.images.ShardSource;
import io.tensorcom.examples.images.SkipLog;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SendResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The demo's server process: one pass over the shards to one receiver. */
@Command(name = "tensorcom-demo server", description = "A child of tensorcom-demo.")
public final class DemoServer implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Option(names = "--shards", required = true)
  private String shards = "";

  @Option(names = "--batch-size", required = true)
  private int batchSize;

  @Option(names = "--size", required = true)
  private int size;

  @Option(names = "--log", required = true)
  private Path log = Path.of("");

  @Option(names = "--fault", required = true)
  private Fault fault = Fault.NONE;

  /** Makes the command; picocli fills it in. */
  public DemoServer() {}

  /** Runs the command. */
  public static void main(String[] args) {
    ParentWatch.start(message -> {});
    System.exit(Cli.run(new DemoServer(), args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    SkipLog skips = new SkipLog(System.err::println);
    SampleSource source =
        new OnePass(new ShardSource(Shard.parse(shards), ServerPart.ALL, null, skips));
    ExecutorService decoders =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0");
        BatchLog batchLog = BatchLog.create(log);
        ImageBatches batches =
            new ImageBatches(
                ImageBatchesConfig.ofBatchSize(batchSize).withDecode(DecodeOptions.ofSize(size)),
                source,
                sender.pool(),
                decoders,
                skips)) {
      String endpoint = sender.boundEndpoints().get(0);
      say(ChildMessage.ready("zrpull" + endpoint.substring(endpoint.indexOf(':'))));
      for (int i = 0; batches.hasNext(); i++) {
        try (TensorBatch batch = batches.next()) {
          batchLog.add(batch);
          if (passes(i, batch) && sender.send(batch, PATIENCE) != SendResult.SENT) {
            throw new UserException("the receiver took nothing for " + PATIENCE.toSeconds() + " s");
          }
        }
      }
      if (!sender.close(PATIENCE).complete()) {
        throw new UserException("not all had left after " + PATIENCE.toSeconds() + " s");
      }
      if (skips.count() > 0) {
        System.err.println("skipped: " + skips.count() + " images in all");
      }
      say(ChildMessage.of(ChildMessage.DONE, batchLog.totals()));
    } finally {
      decoders.shutdownNow();
    }
    return 0;
  }

  /** Does what is to go wrong with a batch, and returns whether it is sent then. */
  private boolean passes(int index, TensorBatch batch) throws InterruptedException {
    if (index != Fault.AT_BATCH) {
      return true;
    }
    switch (fault) {
      case FLIP -> {
        ByteBuffer data = batch.get(0).data();
        data.put(0, (byte) (data.get(0) ^ 1));
      }
      case WITHHOLD -> {
        return false;
      }
      case KILL -> Runtime.getRuntime().halt(137);
      case STALL -> new CountDownLatch(1).await();
      case NONE -> {}
    }
    return true;
  }

  private static void say(ChildMessage message) {
    System.out.println(message);
    System.out.flush();
  }
}
