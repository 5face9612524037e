// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.DiscoveryThread;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.k8s.conf.ResolvConf;
import io.tensorcom.discovery.k8s.conf.SearchList;
import io.tensorcom.discovery.k8s.explain.Attempt;
import io.tensorcom.discovery.k8s.explain.Outcome;
import io.tensorcom.discovery.k8s.net.Exchange;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;

/**
 * One look at a name: candidate after candidate until one has endpoints, in one span of time.
 *
 * <p>A candidate that is denied, exists without addresses (glibc) or whose servers all fail gives
 * way to the next; any other failure ends the search list, and only the name as it stands is still
 * tried, as in glibc. Confined to one thread.
 */
public final class Look {
  /**
   * What is looked for.
   *
   * @param candidates full names in the order they are tried
   * @param asItStands the candidate that is the name itself, or null if it is not among them
   * @param services whether SRV records are asked for
   * @param port of endpoints that are found by address
   * @param strict whether a failed candidate ends the look
   * @param known addresses that make asking needless, from a hosts file
   */
  public record Plan(
      List<Name> candidates,
      @Nullable Name asItStands,
      boolean services,
      int port,
      AddressFamily family,
      SearchList.Libc libc,
      boolean strict,
      List<InetAddress> known) {
    /** Makes a plan of a name. */
    public static Plan of(
        ServiceName name,
        ResolvConf conf,
        AddressFamily family,
        SearchList.Libc libc,
        boolean strict) {
      String host =
          name.portName() == null ? name.host() : "_" + name.portName() + "._tcp." + name.host();
      List<Name> candidates = SearchList.candidates(host, conf, libc);
      Name itself =
          candidates.stream().filter(each -> isItself(each, host)).findFirst().orElse(null);
      return new Plan(
          candidates,
          itself,
          name.usesServiceRecords(),
          name.port(),
          family,
          libc,
          strict,
          List.of());
    }

    private static boolean isItself(Name candidate, String host) {
      return candidate.toString().equals(host.endsWith(".") ? host : host + ".");
    }

    /** {@return the same look for one full name alone} */
    public Plan pinnedTo(Name name) {
      return new Plan(List.of(name), null, services, port, family, libc, strict, List.of());
    }

    /** {@return the same look, answered by addresses that are known if any is of these families} */
    public Plan withKnown(List<InetAddress> addresses, Set<Family> families) {
      List<InetAddress> usable =
          addresses.stream().filter(each -> families.contains(Family.of(each))).toList();
      return new Plan(candidates, asItStands, services, port, family, libc, strict, usable);
    }
  }

  private final LookContext context;
  private final Plan plan;
  private final Duration deadline;
  private final Consumer<LookResult> whenDone;
  private final List<Attempt> attempts = new ArrayList<>();
  private final Map<Name, Outcome> tried = new HashMap<>();
  private final long startedAt;
  private DiscoveryThread.Timer timer = () -> {};
  private Runnable giveUp = () -> {};
  private Runnable cancel = () -> {};
  private int index;
  private boolean denied;
  private boolean nodata;
  private boolean ambiguous;
  private @Nullable Outcome failure;
  private long negativeTtl = -1;
  private boolean late;
  private boolean done;

  /** Makes a look that has not begun. */
  public Look(
      DiscoveryThread thread,
      Exchange exchange,
      ResolvConf conf,
      ServerBook servers,
      DnsMetrics metrics,
      Plan plan,
      Duration deadline,
      Consumer<LookResult> whenDone) {
    this.context = new LookContext(thread, exchange, conf, servers, metrics, attempts::add);
    this.plan = plan;
    this.deadline = deadline;
    this.whenDone = whenDone;
    this.startedAt = thread.nanoTime();
  }

  /** Begins. */
  public void start() {
    timer = context.thread().schedule(deadline, this::timeIsOver);
    if (plan.known().isEmpty()) {
      tryNext();
    } else {
      finish(Outcome.FOUND, ProbeResult.known(plan.known(), plan.port()), null);
    }
  }

  /** Stops and frees all sockets; nobody is told. */
  public void cancel() {
    done = true;
    timer.cancel();
    cancel.run();
  }

  private void timeIsOver() {
    late = true;
    try {
      giveUp.run();
    } finally {
      if (!done) {
        failure = Outcome.TIMEOUT;
        finishWithout();
      }
    }
  }

  private void tryNext() {
    if (index >= plan.candidates().size()) {
      finishWithout();
      return;
    }
    Name candidate = plan.candidates().get(index++);
    if (plan.services()) {
      ServiceProbe probe =
          new ServiceProbe(context, candidate, plan.family(), result -> judge(candidate, result));
      giveUp = probe::giveUp;
      cancel = probe::cancel;
      probe.start();
    } else {
      AddressProbe probe =
          new AddressProbe(
              context,
              candidate,
              Family.wanted(plan.family(), context.conf().noIpv6()),
              answers -> judge(candidate, ProbeResult.ofAddresses(answers, plan.port())));
      giveUp = probe::giveUp;
      cancel = probe::cancel;
      probe.start();
    }
  }

  private void judge(Name candidate, ProbeResult result) {
    if (done) {
      return;
    }
    Outcome outcome = result.outcome();
    tried.put(candidate, outcome);
    if (outcome == Outcome.FOUND) {
      finish(outcome, result, candidate);
      return;
    }
    boolean stop = late;
    switch (outcome) {
      case NXDOMAIN, NODATA -> {
        denied = true;
        nodata |= outcome == Outcome.NODATA;
        rememberTtl(result.ttl());
        stop |= outcome == Outcome.NODATA && plan.libc() == SearchList.Libc.MUSL;
      }
      case SERVFAIL -> {
        failed(outcome);
        stop |= plan.strict() || plan.libc() == SearchList.Libc.MUSL;
      }
      default -> {
        // A cluster's DNS commonly refuses names outside: that says nothing about those inside.
        if (outcome != Outcome.REFUSED || !candidate.equals(plan.asItStands()) || !denied) {
          failed(outcome);
        }
        index = Math.max(index, asItStandsIndex());
        stop |= plan.strict();
      }
    }
    if (stop) {
      index = plan.candidates().size();
    }
    tryNext();
  }

  private void failed(Outcome outcome) {
    ambiguous = true;
    failure = outcome;
  }

  private void rememberTtl(long ttl) {
    if (ttl >= 0) {
      negativeTtl = negativeTtl < 0 ? ttl : Math.min(negativeTtl, ttl);
    }
  }

  private int asItStandsIndex() {
    int last = plan.candidates().size() - 1;
    return plan.candidates().get(last).equals(plan.asItStands()) ? last : last + 1;
  }

  private void finishWithout() {
    Outcome told = failure;
    Outcome outcome = denied || told == null ? (nodata ? Outcome.NODATA : Outcome.NXDOMAIN) : told;
    if (late && told != null) {
      outcome = told;
    }
    finish(outcome, ProbeResult.without(outcome, negativeTtl), null);
  }

  private void finish(Outcome outcome, ProbeResult result, @Nullable Name chosen) {
    cancel();
    whenDone.accept(
        new LookResult(
            outcome,
            ambiguous,
            result.families(),
            result.ttl(),
            plan.candidates(),
            tried,
            chosen,
            attempts,
            Duration.ofNanos(context.thread().nanoTime() - startedAt),
            late));
  }
}
