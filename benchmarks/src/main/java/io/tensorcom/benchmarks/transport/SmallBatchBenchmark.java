// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorSender;
import io.tensorcom.benchmarks.Losses;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
 * Batches so small that only the cost of each counts: one behind the other as fast as they go, and
 * each sent only when the one before has come. The baselines write and read as many bytes with one
 * system call each, without a change of threads in the second case.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SmallBatchBenchmark {
  /** Bytes of a batch. */
  @Param({"64", "788", "16384"})
  public int smallBytes = 64;

  /** Bare sockets. */
  @State(Scope.Benchmark)
  public static class RawStream {
    /** What it runs over. */
    @Param({"tcp", "ipc"})
    public String medium = "tcp";

    private RawStreams streams;

    /** Connects. */
    @Setup
    public void open(SmallBatchBenchmark benchmark) throws IOException {
      streams = new RawStreams(medium, 1, benchmark.smallBytes);
    }

    /** Disconnects. */
    @TearDown
    public void close() throws IOException, InterruptedException {
      streams.close();
    }
  }

  /** Bare sockets, used by one thread. */
  @State(Scope.Benchmark)
  public static class RawPair {
    /** What it runs over. */
    @Param({"tcp", "ipc"})
    public String medium = "tcp";

    private RawSockets sockets;
    private ByteBuffer memory;

    /** Connects. */
    @Setup
    public void open(SmallBatchBenchmark benchmark) throws IOException {
      sockets = new RawSockets(medium, 1);
      memory = ByteBuffer.allocateDirect(benchmark.smallBytes);
    }

    /** Disconnects. */
    @TearDown
    public void close() throws IOException {
      sockets.close();
    }
  }

  /** A sender with a thread of its own, and a receiver. */
  @State(Scope.Benchmark)
  public static class Stream {
    /** Transport and medium. */
    @Param({"netty-tcp", "netty-ipc", "jeromq-tcp"})
    public String route = "netty-tcp";

    private Streams streams;

    /** Connects. */
    @Setup
    public void open(SmallBatchBenchmark benchmark) throws IOException, InterruptedException {
      streams = new Streams(new Route(route), "push", 1, benchmark.smallBytes);
    }

    /** Counts what was lost. */
    @TearDown(Level.Iteration)
    public void count(Losses losses) {
      streams.count(losses);
    }

    /** Disconnects. */
    @TearDown
    public void close() throws InterruptedException {
      streams.close();
    }
  }

  /** A sender and a receiver, used by one thread. */
  @State(Scope.Benchmark)
  public static class Pair {
    /** Transport and medium. */
    @Param({"netty-tcp", "netty-ipc", "jeromq-tcp"})
    public String route = "netty-tcp";

    private final TensorPool pool = TensorPool.ofBudget(1 << 20);
    private Route addresses;
    private TensorBatch batch;
    private TensorSender sender;
    private TensorReceiver receiver;

    /** Connects. */
    @Setup
    public void open(SmallBatchBenchmark benchmark) throws IOException, InterruptedException {
      addresses = new Route(route);
      batch = Streams.batchOf(pool, benchmark.smallBytes);
      sender = TensorSender.open(addresses.bind("zrpush"));
      receiver = TensorReceiver.open(addresses.connect("zrpull", sender.boundEndpoints()));
    }

    /** Counts what was lost. */
    @TearDown(Level.Iteration)
    public void count(Losses losses) {
      losses.count(List.of(sender.stats(), receiver.stats()));
    }

    /** Disconnects. */
    @TearDown
    public void close() {
      sender.close();
      receiver.close();
      batch.close();
      addresses.close();
    }
  }

  /** Baseline of {@link #stream}. */
  @Benchmark
  public long rawStream(RawStream raw) throws IOException {
    return raw.streams.receive();
  }

  /** One behind the other. */
  @Benchmark
  public long stream(Stream path) throws InterruptedException {
    return path.streams.receive();
  }

  /** Baseline of {@link #oneByOne}. */
  @Benchmark
  public long rawOneByOne(RawPair raw) throws IOException {
    raw.sockets.write(0, raw.memory);
    return raw.sockets.read(0, raw.memory);
  }

  /** Each sent when the one before has come. */
  @Benchmark
  public long oneByOne(Pair pair) throws InterruptedException {
    Streams.send(pair.sender, pair.batch);
    return Streams.receive(pair.receiver);
  }
}
