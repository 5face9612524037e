// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.discovery;

import io.tensorcom.benchmarks.Losses;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.k8s.DnsSettings;
import io.tensorcom.discovery.k8s.Looks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
 * Looking at a name, against the same questions asked by bare sockets, one after the other, whose
 * answers nobody reads. The server runs in the same process; the network is not measured.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LookBenchmark {
  /** Addresses of the name; 1,000 of them take TCP. */
  @Param({"1", "16", "1000"})
  public int addresses = 1;

  /** Names that are tried until one exists, the last of them. */
  @Param({"1", "5", "32"})
  public int candidates = 1;

  private final List<String> names = new ArrayList<>();
  private ZoneServer server;
  private Path conf;
  private Looks looks;
  private BareQuestions bare;

  /** Starts the server. */
  @Setup
  public void start() throws IOException {
    for (int i = 0; i < candidates; i++) {
      names.add("shards.d" + i + ".bench.");
    }
    server = new ZoneServer(List.of(names.get(candidates - 1)), addresses);
    String search =
        IntStream.range(0, candidates)
            .mapToObj(i -> " d" + i + ".bench")
            .collect(Collectors.joining());
    conf = Files.createTempFile("tensorcom", ".conf");
    Files.writeString(conf, "search" + search + "\noptions ndots:5\n");
    DnsSettings settings =
        DnsSettings.DEFAULT.withResolvConf(conf).withServer(server.address()).withHosts(null);
    looks = new Looks(settings, ServiceName.of("shards", 7880));
    looks.walk();
    looks.reset();
    bare = new BareQuestions(server.address());
  }

  /** Counts questions that were not answered, or asked again. */
  @TearDown(Level.Iteration)
  public void count(Losses losses) {
    losses.count(List.of(), looks.failures());
  }

  /** Stops the server. */
  @TearDown
  public void stop() throws IOException {
    looks.close();
    bare.close();
    server.close();
    Files.delete(conf);
  }

  /** Baseline of {@link #refresh()}. */
  @Benchmark
  public int bareRefresh() throws IOException {
    return bare.askBoth(names.get(candidates - 1));
  }

  /** What a watch does when its records' time is over. */
  @Benchmark
  public int refresh() {
    return looks.refresh();
  }

  /** Baseline of {@link #walk()}. */
  @Benchmark
  public int bareWalk() throws IOException {
    int bytes = 0;
    for (String name : names) {
      bytes += bare.askBoth(name);
    }
    return bytes;
  }

  /** What a watch does at first: every candidate, until one exists. */
  @Benchmark
  public int walk() {
    return looks.walk();
  }
}
