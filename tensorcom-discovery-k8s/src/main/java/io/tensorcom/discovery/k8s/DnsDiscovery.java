// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.DiscoveryContext;
import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.DiscoveryThread;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.EndpointListener;
import io.tensorcom.discovery.EndpointSnapshot;
import io.tensorcom.discovery.ServiceDiscovery;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.Watch;
import io.tensorcom.discovery.k8s.conf.ResolvConfFile;
import io.tensorcom.discovery.k8s.conf.SearchList;
import io.tensorcom.discovery.k8s.explain.Explanation;
import io.tensorcom.discovery.k8s.net.DnsLoop;
import io.tensorcom.discovery.k8s.net.Exchange;
import io.tensorcom.discovery.k8s.net.NioExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Resolves names as libc does in a pod and follows them by their times to live, on one thread for
 * all names.
 */
public final class DnsDiscovery implements ServiceDiscovery {
  private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");
  private static final int PORT = 53;

  private final DnsSettings settings;
  private final DiscoveryThread callbacks;
  private final DiscoveryThread thread;
  private final AutoCloseableQuietly resources;
  private final Resolver resolver;
  private final Set<NameWatch> watches = ConcurrentHashMap.newKeySet();
  private final AtomicLong number = new AtomicLong();
  private final AtomicBoolean closed = new AtomicBoolean();

  private interface AutoCloseableQuietly {
    void close();
  }

  private DnsDiscovery(
      DnsSettings settings,
      DiscoveryContext context,
      DiscoveryThread thread,
      Exchange exchange,
      AutoCloseableQuietly resources) {
    this.settings = settings;
    this.callbacks = context.thread();
    this.thread = thread;
    this.resources = resources;
    ResolvConfFile file =
        new ResolvConfFile(settings.resolvConf(), System.getenv(), hostName(), PORT);
    this.resolver = new Resolver(settings, context.family(), thread, exchange, file);
  }

  /** Opens a discovery with a thread of its own for sockets and timers. */
  public static DnsDiscovery open(DnsSettings settings, DiscoveryContext context) {
    DnsLoop loop = new DnsLoop();
    return new DnsDiscovery(settings, context, loop, new NioExchange(loop), loop::close);
  }

  /** Opens a discovery in somebody else's time and network; for tests. */
  static DnsDiscovery open(
      DnsSettings settings, DiscoveryContext context, DiscoveryThread thread, Exchange exchange) {
    return new DnsDiscovery(settings, context, thread, exchange, () -> {});
  }

  private static String hostName() {
    try {
      return Files.readString(HOST_NAME, StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public Watch watch(ServiceName name, Duration deadline, EndpointListener listener) {
    if (closed.get()) {
      throw new IllegalStateException("discovery is closed");
    }
    if (deadline.isNegative() || deadline.isZero()) {
      throw new IllegalArgumentException("deadline: " + deadline + " (expected: > 0)");
    }
    SearchList.check(name.host());
    DnsWatch watch = new DnsWatch(name, deadline, listener);
    watches.add(watch.following);
    thread.execute(watch.following::start);
    return watch;
  }

  /** {@return counters of queries by type, protocol and outcome, and of events; from any thread} */
  public Map<String, Long> counters() {
    return resolver.metrics().counts();
  }

  /** {@return the settings it was opened with} */
  public DnsSettings settings() {
    return settings;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      thread.execute(
          () -> {
            watches.forEach(NameWatch::close);
            watches.clear();
          });
      resources.close();
    }
  }

  private final class DnsWatch implements Watch {
    private final NameWatch following;
    private volatile boolean ended;

    DnsWatch(ServiceName name, Duration deadline, EndpointListener listener) {
      long seed = settings.seed() + number.incrementAndGet();
      this.following = new NameWatch(resolver, name, deadline, handedOver(listener), seed);
    }

    private EndpointListener handedOver(EndpointListener listener) {
      return new EndpointListener() {
        @Override
        public void onSnapshot(EndpointSnapshot snapshot) {
          tell(() -> listener.onSnapshot(snapshot));
        }

        @Override
        public void onError(DiscoveryException failure) {
          tell(() -> listener.onError(failure));
        }
      };
    }

    private void tell(Runnable event) {
      callbacks.execute(
          () -> {
            if (!ended) {
              event.run();
            }
          });
    }

    @Override
    public void refresh() {
      thread.execute(following::lookEarly);
    }

    @Override
    public void reportUnreachable(Endpoint endpoint) {
      thread.execute(following::lookEarly);
    }

    @Override
    public String explain() {
      Explanation explanation = following.lastExplanation();
      return explanation == null ? "" : explanation.toText();
    }

    @Override
    public void close() {
      ended = true;
      watches.remove(following);
      thread.execute(following::close);
    }
  }
}
