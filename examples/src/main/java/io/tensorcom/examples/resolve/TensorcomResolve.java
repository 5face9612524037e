// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.resolve;

import io.tensorcom.TensorcomUrl;
import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.k8s.DnsDiscovery;
import io.tensorcom.discovery.k8s.DnsSettings;
import io.tensorcom.discovery.k8s.explain.Explanation;
import io.tensorcom.discovery.k8s.explain.Outcome;
import io.tensorcom.examples.cli.Bounds;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.cli.StopSignal;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
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
  private static final int MOST_SHOWN = 20;
  private static final long LONGEST_DEADLINE = 3_600_000;

  @Option(names = "--watch", description = "go on, and show what changes")
  private boolean watch;

  @Option(names = "--json", description = "print one JSON object per resolution")
  private boolean json;

  @Option(
      names = "--resolv-conf",
      paramLabel = "FILE",
      description = "servers and search list (default: the URL's, or /etc/resolv.conf)")
  private @Nullable Path resolvConf;

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
      description = "whose rules the search list follows (default: the URL's, or glibc)")
  private @Nullable String libc;

  @Option(
      names = "--family",
      paramLabel = "F",
      description = "auto, ipv4, ipv6 or both (default: the URL's, or auto)")
  private @Nullable AddressFamily family;

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
    TensorcomUrl url = url();
    ServiceName name = name(url);
    if (name == null) {
      out.println(target + ": a literal address, nothing to resolve");
      return 0;
    }
    Bounds.within(1, LONGEST_DEADLINE, deadline, "--deadline");
    DnsSettings settings = settings(url);
    AddressFamily wanted = family(url);
    return watch ? follow(settings, wanted, name) : once(settings, wanted, name);
  }

  private TensorcomUrl url() {
    if (target.isBlank()) {
      throw new IllegalArgumentException(
          "NAME|URL is empty (expected: for example shards.bigdata19:7880)");
    }
    if (target.contains("://")) {
      return TensorcomUrl.parse(target);
    }
    String url = "zsub://" + withPort(target);
    try {
      return TensorcomUrl.parse(url);
    } catch (IllegalArgumentException e) {
      // Nobody has written that URL.
      String message = String.valueOf(e.getMessage());
      throw new IllegalArgumentException(
          message.replace("bad URL: url=" + url + ": ", target + ": "), e);
    }
  }

  private static String withPort(String text) {
    boolean hasPort = text.startsWith("_") || text.matches(".*:\\d*") || text.contains("?");
    return hasPort ? text : text + ":" + DEFAULT_PORT;
  }

  private @Nullable ServiceName name(TensorcomUrl url) {
    ServiceName name = url.name();
    return name == null || portName == null ? name : new ServiceName(name.host(), 0, portName);
  }

  /** {@return what the URL says, and the options of the command line instead where given} */
  private DnsSettings settings(TensorcomUrl url) {
    String discovery = url.option("discovery");
    DnsSettings settings = DnsSettings.DEFAULT;
    if (discovery != null && discovery.startsWith("dns:")) {
      settings = DnsSettings.parse(discovery.substring("dns:".length()));
    } else if (discovery != null && !discovery.equals("dns")) {
      throw new IllegalArgumentException(
          "discovery=" + discovery + " of the URL asks no DNS server (expected: discovery=dns)");
    }
    Path file = resolvConf;
    if (file != null) {
      if (!Files.isReadable(file) || Files.isDirectory(file)) {
        throw new IllegalArgumentException(
            "--resolv-conf: " + file + " (expected: a file that can be read)");
      }
      settings = settings.withResolvConf(file);
    }
    settings = libc == null ? settings : settings.withLibc(libc);
    return server == null ? settings : settings.withServer(DnsSettings.serverOf(server));
  }

  private AddressFamily family(TensorcomUrl url) {
    String text = url.option("family");
    if (family != null) {
      return family;
    }
    try {
      return text == null
          ? AddressFamily.AUTO
          : AddressFamily.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "family: " + text + " (expected: auto, ipv4, ipv6 or both)", e);
    }
  }

  private int once(DnsSettings settings, AddressFamily wanted, ServiceName name)
      throws InterruptedException {
    Explanation explanation;
    try {
      explanation = DnsDiscovery.resolve(settings, wanted, name, Duration.ofMillis(deadline));
    } catch (DiscoveryException e) {
      out.println(e.getMessage());
      return NO_ANSWER;
    }
    print(explanation);
    return explanation.outcome() == Outcome.FOUND && !explanation.endpoints().isEmpty()
        ? 0
        : explanation.isDefinite() ? NOT_FOUND : NO_ANSWER;
  }

  private int follow(DnsSettings settings, AddressFamily wanted, ServiceName name)
      throws InterruptedException {
    try (StopSignal stop = StopSignal.install();
        WatchPrinter printer = new WatchPrinter(settings, wanted)) {
      printer.start(name, Duration.ofMillis(deadline));
      List<Endpoint> before = List.of();
      while (!stop.isRequested() && !Thread.currentThread().isInterrupted()) {
        Explanation explanation = printer.next(Duration.ofMillis(200));
        if (explanation == null) {
          continue;
        }
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        if (json) {
          out.println(explanation.toJson(now));
          out.flush();
        } else {
          out.println("== " + now);
          showNew('+', before, explanation.endpoints());
          showNew('-', explanation.endpoints(), before);
          before = explanation.endpoints();
          print(explanation);
        }
      }
    }
    return 0;
  }

  /** Shows which endpoints have come, or, the other way round, gone. */
  private void showNew(char sign, List<Endpoint> before, List<Endpoint> now) {
    Set<String> places = new LinkedHashSet<>();
    now.forEach(endpoint -> places.add(endpoint.toString()));
    before.forEach(endpoint -> places.remove(endpoint.toString()));
    places.stream().limit(MOST_SHOWN).forEach(place -> out.println(sign + " " + place));
    if (places.size() > MOST_SHOWN) {
      out.println(sign + " and " + (places.size() - MOST_SHOWN) + " more");
    }
  }

  private void print(Explanation explanation) {
    out.println(json ? explanation.toJson() : explanation.toText());
    out.flush();
  }
}
