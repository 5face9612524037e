// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.discovery;

import io.tensorcom.benchmarks.Losses;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.k8s.DnsSettings;
import io.tensorcom.discovery.k8s.ManyLooks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
 * One refresh of all names that a discovery watches, asked for at the same moment, which is the
 * worst case: a watch spreads its questions. The server runs in the same process; the baseline asks
 * it one question after the other.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class NamesBenchmark {
  /** Names that are watched. */
  @Param({"1", "10", "100", "1000"})
  public int names = 1;

  private ZoneServer server;
  private Path conf;
  private ManyLooks looks;
  private BareQuestions bare;
  private List<String> all;

  /** Starts the server. */
  @Setup
  public void start() throws IOException {
    all = IntStream.range(0, names).mapToObj(i -> "shards" + i + ".bench.").toList();
    server = new ZoneServer(all, 4);
    conf = Files.createTempFile("tensorcom", ".conf");
    Files.writeString(conf, "search bench\n");
    DnsSettings settings =
        DnsSettings.DEFAULT.withResolvConf(conf).withServer(server.address()).withHosts(null);
    looks =
        new ManyLooks(
            settings,
            IntStream.range(0, names).mapToObj(i -> ServiceName.of("shards" + i, 7880)).toList());
    looks.refresh();
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

  /** Baseline. */
  @Benchmark
  public int bareRefresh() throws IOException {
    int bytes = 0;
    for (String name : all) {
      bytes += bare.askBoth(name);
    }
    return bytes;
  }

  /** All of them, each the candidate that had addresses before. */
  @Benchmark
  public int refresh() {
    return looks.refresh();
  }
}
