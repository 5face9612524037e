// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.k8s.conf.ResolvConfFile;
import io.tensorcom.discovery.k8s.look.LookResult;
import io.tensorcom.discovery.k8s.net.DnsLoop;
import io.tensorcom.discovery.k8s.net.NioExchange;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;

/**
 * The looks of a watch without the times between them: the first walks over the candidates, the
 * later ones ask only for the one that was found. Used by one thread.
 */
public final class Looks implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final DnsLoop loop = new DnsLoop();
  private final LookFaults faults = new LookFaults(new NioExchange(loop));
  private final Resolver resolver;
  private final ServiceName name;
  private @Nullable Name found;

  /** Begins to look at a name. */
  public Looks(DnsSettings settings, ServiceName name) {
    this.name = name;
    this.resolver =
        new Resolver(
            settings,
            AddressFamily.AUTO,
            loop,
            faults,
            new ResolvConfFile(settings.resolvConf(), Map.of(), "benchmark", 53));
  }

  /** Asks for every candidate until one has addresses. */
  public int walk() {
    found = null;
    return refresh();
  }

  /** Asks again for the candidate that had addresses. */
  public int refresh() {
    CompletableFuture<LookResult> done = new CompletableFuture<>();
    loop.execute(() -> resolver.look(name, found, DEADLINE, done::complete).start());
    LookResult result = done.join();
    faults.judge(result);
    found = result.chosen();
    if (found == null) {
      throw new IllegalStateException("not found: name=" + name + ", result=" + result.outcome());
    }
    return result.attempts().size();
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
