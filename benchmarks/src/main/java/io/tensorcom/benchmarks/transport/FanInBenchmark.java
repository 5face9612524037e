// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import io.tensorcom.benchmarks.Losses;
import java.io.IOException;
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
 * Several senders and one receiver, as a trainer and its servers; an operation is a batch received.
 * The baseline reads as many bare sockets in turn.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class FanInBenchmark {
  /** Who sends. */
  @Param({"1", "2", "4", "8", "16"})
  public int senders = 1;

  /** Bytes of a batch. */
  @Param({"51200", "14451072"})
  public int bytes = 51_200;

  /** Bare sockets. */
  @State(Scope.Benchmark)
  public static class Raw {
    private RawStreams streams;

    /** Connects. */
    @Setup
    public void open(FanInBenchmark benchmark) throws IOException {
      streams = new RawStreams("tcp", benchmark.senders, benchmark.bytes);
    }

    /** Disconnects. */
    @TearDown
    public void close() throws IOException, InterruptedException {
      streams.close();
    }
  }

  /** Senders and a receiver. */
  @State(Scope.Benchmark)
  public static class Path {
    /** Transport and medium. */
    @Param({"netty-tcp", "jeromq-tcp"})
    public String route = "netty-tcp";

    /** To one receiver each, or to all. */
    @Param({"push", "pub"})
    public String scheme = "push";

    private Streams streams;

    /** Connects. */
    @Setup
    public void open(FanInBenchmark benchmark) throws IOException, InterruptedException {
      streams = new Streams(new Route(route), scheme, benchmark.senders, benchmark.bytes);
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

  /** Baseline. */
  @Benchmark
  public long rawSockets(Raw raw) throws IOException {
    return raw.streams.receive();
  }

  /** The public API. */
  @Benchmark
  public long receive(Path path) throws InterruptedException {
    return path.streams.receive();
  }
}
