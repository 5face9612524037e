// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.resolve;

import io.tensorcom.TensorcomUrl;
import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.k8s.DnsDiscovery;
import io.tensorcom.discovery.k8s.DnsSettings;
import io.tensorcom.discovery.k8s.explain.Explanation;
import io.tensorcom.discovery.k8s.explain.Outcome;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.cli.StopSignal;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Resolves a name as a pod would, and shows every question, answer and reason. */
@Command(
    name = "tensorcom-resolve",
    mixinStandardHelpOptions = true,
    description = "Resolves a name as a pod would, and shows every question, answer and reason.",
    footer = {
      "",
      "Ends with 0 if there are endpoints, 1 if it is sure that there are none, 2 if nobody gave a"
          + " definite answer or the command line is wrong."
    })
public final class TensorcomResolve implements Callable<Integer> {
  private static final int NOT_FOUND = 1;
  private static final int NO_ANSWER = 2;
  private static final int DEFAULT_PORT = 7880;
  private static final long LONGEST_DEADLINE = 3_600_000;

  @Option(names = "--watch", description = "go on, and show what changes")
  private boolean watch;

  @Option(names = "--json", description = "print one JSON object per resolution")
  private boolean json;

  @Option(
      names = "--resolv-conf",
      paramLabel = "FILE",
      defaultValue = "/etc/resolv.conf",
      description = "servers and search list (default ${DEFAULT-VALUE})")
  private Path resolvConf = Path.of("/etc/resolv.conf");

  @Option(
      names = "--server",
      paramLabel = "HOST:PORT",
      description = "ask this server instead of the file's")
  private @Nullable String server;

  @Option(
      names = "--port-name",
      paramLabel = "P",
      description = "take the endpoints from SRV records of the port of this name")
  private @Nullable String portName;

  @Option(
      names = "--libc",
      paramLabel = "glibc|musl",
      defaultValue = "glibc",
      description = "whose rules the search list follows (default ${DEFAULT-VALUE})")
  private String libc = "glibc";

  @Option(
      names = "--family",
      paramLabel = "F",
      defaultValue = "auto",
      description = "auto, ipv4, ipv6 or both (default ${DEFAULT-VALUE})")
  private AddressFamily family = AddressFamily.AUTO;

  @Option(
      names = "--deadline",
      paramLabel = "MS",
      defaultValue = "5000",
      description = "milliseconds for all questions together (default ${DEFAULT-VALUE})")
  private long deadline = 5000;

  @Parameters(paramLabel = "NAME|URL", description = "for example shards.bigdata19:7880")
  private String target = "";

  private final PrintStream out;

  /** Makes the command; picocli fills it in. */
  public TensorcomResolve() {
    this(System.out);
  }

  TensorcomResolve(PrintStream out) {
    this.out = out;
  }

  /** Runs the command. */
  public static void main(String[] args) {
    // Exit code 1 is an answer here, so a tool that could not do its work ends with 2.
    System.exit(Cli.run(new TensorcomResolve(), args));
  }

  @Override
  public Integer call() throws InterruptedException {
    ServiceName name = name();
    if (name == null) {
      out.println(target + ": a literal address, nothing to resolve");
      return 0;
    }
    if (deadline < 1 || deadline > LONGEST_DEADLINE) {
      throw new IllegalArgumentException(
          "--deadline: " + deadline + " (expected: 1.." + LONGEST_DEADLINE + ")");
    }
    if (!resolvConf.equals(DnsSettings.DEFAULT.resolvConf()) && !Files.isReadable(resolvConf)) {
      throw new IllegalArgumentException(
          "--resolv-conf: " + resolvConf + " (expected: a file that can be read)");
    }
    DnsSettings settings = DnsSettings.DEFAULT.withResolvConf(resolvConf).withLibc(libc);
    if (server != null) {
      settings = settings.withServer(DnsSettings.serverOf(server));
    }
    return watch ? follow(settings, name) : once(settings, name);
  }

  private @Nullable ServiceName name() {
    String url = target.contains("://") ? target : "zsub://" + withPort(target);
    ServiceName name = TensorcomUrl.parse(url).name();
    return name == null || portName == null ? name : new ServiceName(name.host(), 0, portName);
  }

  private static String withPort(String text) {
    boolean hasPort = text.startsWith("_") || text.matches(".*:\\d+") || text.contains("?");
    return hasPort ? text : text + ":" + DEFAULT_PORT;
  }

  private int once(DnsSettings settings, ServiceName name) throws InterruptedException {
    Explanation explanation;
    try {
      explanation = DnsDiscovery.resolve(settings, family, name, Duration.ofMillis(deadline));
    } catch (DiscoveryException e) {
      out.println(e.getMessage());
      return NO_ANSWER;
    }
    print(explanation);
    return explanation.outcome() == Outcome.FOUND && !explanation.endpoints().isEmpty()
        ? 0
        : explanation.isDefinite() ? NOT_FOUND : NO_ANSWER;
  }

  private int follow(DnsSettings settings, ServiceName name) throws InterruptedException {
    try (StopSignal stop = StopSignal.install();
        WatchPrinter printer = new WatchPrinter(settings, family)) {
      printer.start(name, Duration.ofMillis(deadline));
      while (!stop.isRequested() && !Thread.currentThread().isInterrupted()) {
        Explanation explanation = printer.next(Duration.ofMillis(200));
        if (explanation != null) {
          if (!json) {
            out.println("== " + Instant.now().truncatedTo(ChronoUnit.MILLIS));
          }
          print(explanation);
        }
      }
    }
    return 0;
  }

  private void print(Explanation explanation) {
    out.println(json ? explanation.toJson() : explanation.toText());
    out.flush();
  }
}
