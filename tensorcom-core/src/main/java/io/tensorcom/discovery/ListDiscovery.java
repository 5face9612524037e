// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Follows lists of hosts and ports, and the addresses of those hosts: looks again at intervals, on
 * a thread that may block.
 */
final class ListDiscovery implements ServiceDiscovery {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final long IDLE_SECONDS = 15;

  /** Runs what may block. */
  interface Blocking {
    /** Runs an action soon, on a thread that may block. */
    void run(Runnable action);
  }

  private final DiscoveryContext context;
  private final EntrySource.Factory sources;
  private final HostLookup.Resolver resolver;
  private final Blocking blocking;
  private final Runnable onClose;
  private final Set<ListWatch> watches = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();

  ListDiscovery(
      DiscoveryContext context,
      EntrySource.Factory sources,
      HostLookup.Resolver resolver,
      Blocking blocking,
      Runnable onClose) {
    this.context = context;
    this.sources = sources;
    this.resolver = resolver;
    this.blocking = blocking;
    this.onClose = onClose;
  }

  /** Opens one that asks the JVM, on a thread that ends when nothing is looked up. */
  static ListDiscovery open(DiscoveryContext context, EntrySource.Factory sources) {
    ThreadPoolExecutor lookups =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            action -> {
              Thread thread = new Thread(action, "tensorcom-lookup-" + NUMBER.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    lookups.allowCoreThreadTimeOut(true);
    return new ListDiscovery(
        context, sources, JvmResolver::lookup, lookups::execute, lookups::shutdownNow);
  }

  @Override
  public Watch watch(ServiceName name, Duration deadline, EndpointListener listener) {
    if (closed.get()) {
      throw new IllegalStateException("discovery is closed");
    }
    EntrySource source = sources.make();
    source.check(name);
    HostLookup hosts = new HostLookup(resolver, context.family());
    ListWatch watch =
        new ListWatch(
            name, deadline, listener, context.thread(), blocking, new ListLook(source, hosts));
    watches.add(watch);
    watch.onClose(() -> watches.remove(watch));
    context.thread().execute(watch::look);
    return watch;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      watches.forEach(ListWatch::close);
      onClose.run();
    }
  }
}
