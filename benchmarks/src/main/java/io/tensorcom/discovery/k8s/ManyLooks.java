// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.k8s.conf.ResolvConfFile;
import io.tensorcom.discovery.k8s.look.LookResult;
import io.tensorcom.discovery.k8s.net.DnsLoop;
import io.tensorcom.discovery.k8s.net.NioExchange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.xbill.DNS.Name;

/** Looks at many names at once, as one discovery that watches them all. Used by one thread. */
public final class ManyLooks implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final DnsLoop loop = new DnsLoop();
  private final LookFaults faults = new LookFaults(new NioExchange(loop));
  private final Resolver resolver;
  private final List<ServiceName> names;
  private final Map<ServiceName, Name> found = new HashMap<>();

  /** Begins to look at names. */
  public ManyLooks(DnsSettings settings, List<ServiceName> names) {
    this.names = List.copyOf(names);
    this.resolver =
        new Resolver(
            settings,
            AddressFamily.AUTO,
            loop,
            faults,
            new ResolvConfFile(settings.resolvConf(), Map.of(), "benchmark", 53));
  }

  /**
   * Looks at each name and waits for all, the first time at all candidates, then at the one that
   * was found; returns how many looks that were.
   */
  public int refresh() {
    List<CompletableFuture<LookResult>> looks = new ArrayList<>();
    for (ServiceName name : names) {
      CompletableFuture<LookResult> done = new CompletableFuture<>();
      looks.add(done);
      Name pin = found.get(name);
      loop.execute(() -> resolver.look(name, pin, DEADLINE, done::complete).start());
    }
    for (int i = 0; i < looks.size(); i++) {
      LookResult result = looks.get(i).join();
      faults.judge(result);
      Name chosen = result.chosen();
      if (chosen == null) {
        throw new IllegalStateException(
            "not found: name=" + names.get(i) + ", outcome=" + result.outcome());
      }
      found.put(names.get(i), chosen);
    }
    return looks.size();
  }

  /** {@return how many questions were not answered, or asked again, since {@link #reset}} */
  public long failures() {
    return faults.count();
  }

  /** Begins to count failures. */
  public void reset() {
    faults.reset();
  }

  @Override
  public void close() {
    loop.close();
  }
}
