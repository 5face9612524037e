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
import java.util.function.Function;

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
  private final Function<ServiceName, ListWatch.Looks> looks;
  private final Blocking blocking;
  private final Runnable onClose;
  private final Set<ListWatch> watches = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();

  ListDiscovery(
      DiscoveryContext context,
      Function<ServiceName, ListWatch.Looks> looks,
      Blocking blocking,
      Runnable onClose) {
    this.context = context;
    this.looks = looks;
    this.blocking = blocking;
    this.onClose = onClose;
  }

  /** {@return what looks at a source's entries, and asks for those that are names} */
  static Function<ServiceName, ListWatch.Looks> of(
      DiscoveryContext context, EntrySource.Factory sources, HostLookup.Resolver resolver) {
    return name -> {
      EntrySource source = sources.make();
      source.check(name);
      return new ListLook(source, new HostLookup(resolver, context.family()));
    };
  }

  /** Opens one that asks the JVM for names. */
  static ListDiscovery open(DiscoveryContext context, EntrySource.Factory sources) {
    return open(context, of(context, sources, JvmResolver::lookup));
  }

  /** Opens one that looks on a thread of its own, which ends when there is nothing to do. */
  static ListDiscovery open(
      DiscoveryContext context, Function<ServiceName, ListWatch.Looks> looks) {
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
    return new ListDiscovery(context, looks, lookups::execute, lookups::shutdownNow);
  }

  @Override
  public Watch watch(ServiceName name, Duration deadline, EndpointListener listener) {
    if (closed.get()) {
      throw new IllegalStateException("discovery is closed");
    }
    ListWatch watch =
        new ListWatch(name, deadline, listener, context.thread(), blocking, looks.apply(name));
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
