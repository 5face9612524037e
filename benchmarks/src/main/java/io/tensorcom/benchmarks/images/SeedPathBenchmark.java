// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.images;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import io.tensorcom.TensorReceiver;
import io.tensorcom.benchmarks.Losses;
import io.tensorcom.benchmarks.Worker;
import io.tensorcom.djl.TensorcomDataset;
import io.tensorcom.tensor.TensorBatch;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The path that the original ran at 7.2e7 bytes/s: photographs in shards are decoded, put into
 * batches of 96 x 224 x 224 x 3, published, subscribed to, and handed to a trainer as {@code
 * NDList}. Three of the eight photographs are progressive JPEG. Prints multiples of the original's
 * rates, which were measured on another machine.
 *
 * <p>The baselines show the two parts: making batches without sending them, and sending one that is
 * made already.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(
    value = 2,
    jvmArgsAppend = {"-Dai.djl.offline=true", "-DOPT_OUT_TRACKING=true"})
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
public class SeedPathBenchmark {
  private static final double ORIGINAL_BYTES = 7.2e7;
  private static final double ORIGINAL_SAMPLES = 499;

  /** Images in a batch. */
  @Param("96")
  public int images = 96;

  private PhotoServer server;

  /** What came, a second, and how many times the original's rates that is. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Rates {
    /** Bytes of images and classes. */
    public long bytes;

    /** Images. */
    public long samples;

    /** {@return multiples of 7.2e7 bytes/s} */
    public double timesOriginalBytes() {
      return bytes / ORIGINAL_BYTES;
    }

    /** {@return multiples of 499 samples/s} */
    public double timesOriginalSamples() {
      return samples / ORIGINAL_SAMPLES;
    }

    private long count(long batchSamples, long batchBytes) {
      samples += batchSamples;
      bytes += batchBytes;
      return batchBytes;
    }
  }

  /** Opens the server. */
  @Setup
  public void open() throws IOException {
    server = new PhotoServer(images);
  }

  /** Closes the server. */
  @TearDown
  public void close() throws IOException {
    server.close();
  }

  /** Who subscribes and trains, while a server sends. */
  @State(Scope.Benchmark)
  public abstract static class Trainer {
    private NDManager manager;
    private TensorcomDataset dataset;
    private Iterator<Batch> batches;
    private PhotoServer server;
    private Worker serving;

    /** Begins to serve. */
    abstract Worker serve(PhotoServer from);

    /** Subscribes. */
    @Setup
    public void open(SeedPathBenchmark benchmark) throws InterruptedException {
      server = benchmark.server;
      manager = NDManager.newBaseManager();
      dataset = TensorcomDataset.builder().setUrls(server.url()).setData(0).setLabels(1).build();
      batches = dataset.getData(manager).iterator();
      server.awaitSubscriber();
      serving = serve(server);
    }

    long train(Rates rates) {
      serving.check();
      try (Batch batch = batches.next()) {
        long bytes = batch.getData().get(0).size() + 4 * batch.getLabels().get(0).size();
        return rates.count(batch.getSize(), bytes);
      }
    }

    /** Counts what was lost. */
    @TearDown(Level.Iteration)
    public void count(Losses losses) {
      TensorReceiver receiver = Objects.requireNonNull(dataset.receiver());
      losses.count(
          List.of(server.sender().stats(), receiver.stats()),
          server.skipped() + dataset.loadStats().skipped());
    }

    /** Unsubscribes. */
    @TearDown
    public void close() throws InterruptedException {
      serving.close();
      dataset.close();
      manager.close();
    }
  }

  /** Gets what is decoded. */
  public static class OfShards extends Trainer {
    @Override
    Worker serve(PhotoServer from) {
      return from.serve();
    }
  }

  /** Gets one batch again and again. */
  public static class OfOneBatch extends Trainer {
    @Override
    Worker serve(PhotoServer from) {
      return from.repeat();
    }
  }

  /** Baseline: batches are made and not sent. */
  @Benchmark
  public long makeBatches(Rates rates) {
    try (TensorBatch batch = server.batches().next()) {
      return rates.count(batch.get(0).dim(0), batch.byteSize());
    }
  }

  /** Baseline: one batch that is sent again and again. */
  @Benchmark
  public long sendOneBatch(OfOneBatch trainer, Rates rates) {
    return trainer.train(rates);
  }

  /** The whole path. */
  @Benchmark
  public long shardsToTrainer(OfShards trainer, Rates rates) {
    return trainer.train(rates);
  }
}
