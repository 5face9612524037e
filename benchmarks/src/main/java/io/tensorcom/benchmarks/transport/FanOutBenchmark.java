// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import io.tensorcom.benchmarks.Losses;
import io.tensorcom.benchmarks.Worker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
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
 * One publisher and several subscribers, all of which get each batch; an operation is a batch for
 * all of them. The baseline writes the same bytes to as many bare sockets in turn.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class FanOutBenchmark {
  /** Who receives. */
  @Param({"1", "2", "4", "8", "16"})
  public int receivers = 1;

  /** Bytes of a batch. */
  @Param({"51200", "14451072"})
  public int bytes = 51_200;

  /** Bare sockets. */
  @State(Scope.Benchmark)
  public static class Raw {
    private final List<Worker> readers = new ArrayList<>();
    private RawSockets sockets;
    private ByteBuffer source;

    /** Connects. */
    @Setup
    public void open(FanOutBenchmark benchmark) throws IOException {
      sockets = new RawSockets("tcp", benchmark.receivers);
      source = ByteBuffer.allocateDirect(benchmark.bytes);
      for (int i = 0; i < benchmark.receivers; i++) {
        int pair = i;
        ByteBuffer target = ByteBuffer.allocateDirect(benchmark.bytes);
        readers.add(new Worker("raw receiver", () -> sockets.read(pair, target)));
      }
    }

    private void write() throws IOException {
      for (int i = 0; i < readers.size(); i++) {
        readers.get(i).check();
        sockets.write(i, source);
      }
    }

    /** Disconnects. */
    @TearDown
    public void close() throws IOException, InterruptedException {
      readers.forEach(Worker::stop);
      sockets.close();
      for (Worker reader : readers) {
        reader.close();
      }
    }
  }

  /** A publisher and its subscribers. */
  @State(Scope.Benchmark)
  public static class Path {
    /** Transport and medium. */
    @Param({"netty-tcp", "jeromq-tcp"})
    public String route = "netty-tcp";

    private Subscribers subscribers;

    /** Connects. */
    @Setup
    public void open(FanOutBenchmark benchmark) throws IOException, InterruptedException {
      subscribers = new Subscribers(new Route(route), benchmark.receivers, benchmark.bytes);
    }

    /** Counts what was lost. */
    @TearDown(Level.Iteration)
    public void count(Losses losses) {
      subscribers.count(losses);
    }

    /** Disconnects. */
    @TearDown
    public void close() throws InterruptedException {
      subscribers.close();
    }
  }

  /** Baseline. */
  @Benchmark
  public void rawSockets(Raw raw) throws IOException {
    raw.write();
  }

  /** The public API. */
  @Benchmark
  public void publish(Path path) throws InterruptedException {
    path.subscribers.send();
  }
}
