// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import io.tensorcom.benchmarks.Losses;
import java.io.IOException;
import java.nio.ByteBuffer;
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
 * Batches from a sender to a receiver in the same process: an operation is a batch received while
 * the next ones are on their way. The baselines are a bare socket and one copy of the bytes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class LoopbackBenchmark {
  /** Bytes of a batch. */
  @Param({"1024", "51200", "1048576", "14451072", "67108864"})
  public int bytes = 1024;

  private ByteBuffer source;
  private ByteBuffer target;

  /** Makes memory for {@link #copy()}. */
  @Setup
  public void allocate() {
    source = ByteBuffer.allocateDirect(bytes);
    target = ByteBuffer.allocateDirect(bytes);
  }

  /** A bare socket. */
  @State(Scope.Benchmark)
  public static class Raw {
    /** What it runs over. */
    @Param({"tcp", "ipc"})
    public String medium = "tcp";

    private RawStreams streams;

    /** Connects. */
    @Setup
    public void open(LoopbackBenchmark benchmark) throws IOException {
      streams = new RawStreams(medium, 1, benchmark.bytes);
    }

    /** Disconnects. */
    @TearDown
    public void close() throws IOException, InterruptedException {
      streams.close();
    }
  }

  /** A sender and a receiver. */
  @State(Scope.Benchmark)
  public static class Path {
    /** Transport and medium. */
    @Param({"netty-tcp", "netty-ipc", "jeromq-tcp"})
    public String route = "netty-tcp";

    /** To one receiver each, or to all. */
    @Param({"push", "pub"})
    public String scheme = "push";

    private Streams streams;

    /** Connects. */
    @Setup
    public void open(LoopbackBenchmark benchmark) throws IOException, InterruptedException {
      streams = new Streams(new Route(route), scheme, 1, benchmark.bytes);
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

  /** Baseline: what the memory allows. */
  @Benchmark
  public ByteBuffer copy() {
    return target.clear().put(source.clear());
  }

  /** Baseline: what the kernel allows. */
  @Benchmark
  public long rawSocket(Raw raw) throws IOException {
    return raw.streams.receive();
  }

  /** The public API. */
  @Benchmark
  public long receive(Path path) throws InterruptedException {
    return path.streams.receive();
  }
}
