// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.AddressFamily;
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
import io.tensorcom.discovery.k8s.explain.Outcome;
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
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Resolves names as libc does in a pod and follows them by their times to live, on one thread for
 * all names.
 */
public final class DnsDiscovery implements ServiceDiscovery {
  private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");
  private static final int PORT = 53;
  private static final long MARGIN_NANOS = TimeUnit.SECONDS.toNanos(2);

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

  /** Opens a discovery that tells on its own thread; for {@link #follow}. */
  public static DnsDiscovery open(DnsSettings settings, AddressFamily family) {
    DnsLoop loop = new DnsLoop();
    return new DnsDiscovery(
        settings, new DiscoveryContext(loop, "", family), loop, new NioExchange(loop), loop::close);
  }

  /**
   * Looks once at a name, and waits for the answer.
   *
   * @param deadline for all questions together
   * @throws IllegalArgumentException if the name can never be found
   * @throws DiscoveryException if there is no explanation even a while after the deadline
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public static Explanation resolve(
      DnsSettings settings, AddressFamily family, ServiceName name, Duration deadline)
      throws InterruptedException {
    BlockingQueue<Explanation> answer = new LinkedBlockingQueue<>();
    try (DnsDiscovery discovery = open(settings, family)) {
      discovery.follow(name, deadline, answer::add);
      long patience = TimeUnit.NANOSECONDS.convert(deadline);
      patience += Math.min(MARGIN_NANOS, Long.MAX_VALUE - patience);
      Explanation explanation = answer.poll(patience, TimeUnit.NANOSECONDS);
      if (explanation == null) {
        throw new DiscoveryException(
            name, DiscoveryException.Reason.TIMEOUT, name + ": no result within " + deadline);
      }
      return explanation;
    }
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
    return watch(name, deadline, listener, explanation -> {});
  }

  private Watch watch(
      ServiceName name,
      Duration deadline,
      EndpointListener listener,
      Consumer<Explanation> onLook) {
    if (closed.get()) {
      throw new IllegalStateException("discovery is closed");
    }
    if (deadline.isNegative() || deadline.isZero()) {
      throw new IllegalArgumentException("deadline: " + deadline + " (expected: > 0)");
    }
    SearchList.check(name.host());
    DnsWatch watch = new DnsWatch(name, deadline, listener, onLook);
    watches.add(watch.following);
    thread.execute(watch.following::start);
    return watch;
  }

  /**
   * Follows a name for somebody who wants to know why: told of every look that came to something
   * else than the one before, and of every one that found nothing.
   *
   * @param listener told on the thread of the context; must not block
   */
  public Watch follow(ServiceName name, Duration deadline, Consumer<Explanation> listener) {
    EndpointListener silent =
        new EndpointListener() {
          @Override
          public void onSnapshot(EndpointSnapshot snapshot) {}

          @Override
          public void onError(DiscoveryException failure) {}
        };
    AtomicReference<Explanation> before = new AtomicReference<>();
    return watch(
        name,
        deadline,
        silent,
        explanation -> {
          Explanation last = before.getAndSet(explanation);
          if (explanation.outcome() != Outcome.FOUND || !explanation.saysTheSameAs(last)) {
            listener.accept(explanation);
          }
        });
  }

  /**
   * {@return counters, from any thread: {@code query.TYPE.PROTOCOL.OUTCOME}, {@code
   * micros.TYPE.PROTOCOL} that those took all together, {@code tcpFallback}, {@code dropped}
   * datagrams, {@code event.ADDED}, {@code event.REMOVED} and {@code event.CONFIG_CHANGED}; and of
   * this moment {@code stale}, endpoints that the last look could not confirm, and {@code
   * ageMillis}, since the name that has gone longest without an answer had one}
   */
  public Map<String, Long> counters() {
    Map<String, Long> counters = resolver.metrics().counts();
    long now = thread.nanoTime();
    long stale = 0;
    long age = 0;
    for (NameWatch watch : watches) {
      stale += watch.unconfirmed();
      age = Math.max(age, now - watch.learntAt());
    }
    counters.put("stale", stale);
    counters.put("ageMillis", TimeUnit.NANOSECONDS.toMillis(age));
    return counters;
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

    DnsWatch(
        ServiceName name,
        Duration deadline,
        EndpointListener listener,
        Consumer<Explanation> onLook) {
      long seed = settings.seed() + number.incrementAndGet();
      Consumer<Explanation> handedOver = explanation -> tell(() -> onLook.accept(explanation));
      this.following =
          new NameWatch(resolver, name, deadline, handedOver(listener), handedOver, seed);
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
