// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/** Opens discoveries by the words of the URL option {@code discovery}. */
public final class Discoveries {
  private Discoveries() {}

  /**
   * Opens a discovery with a thread of its own, which ends when the discovery is closed. It may be
   * shared by any number of senders and receivers.
   *
   * @param choice for example {@code dns}, {@code jvm}, {@code static:a:1,b:2} or {@code
   *     file:/etc/shards}; empty for the provider of the highest priority
   * @throws IllegalArgumentException if there is no such provider, or its argument is bad
   */
  public static ServiceDiscovery open(String choice, AddressFamily family) {
    DiscoveryLoop loop = new DiscoveryLoop();
    try {
      return new Owned(open(choice, family, loop), loop);
    } catch (RuntimeException e) {
      loop.close();
      throw e;
    }
  }

  /**
   * Opens a discovery whose callbacks run on the caller's thread.
   *
   * @throws IllegalArgumentException if there is no such provider, or its argument is bad
   */
  public static ServiceDiscovery open(String choice, AddressFamily family, DiscoveryThread thread) {
    int colon = choice.indexOf(':');
    String argument = colon < 0 ? "" : choice.substring(colon + 1);
    return find(name(choice)).open(new DiscoveryContext(thread, argument, family));
  }

  /**
   * Checks a choice where nothing is to be found yet.
   *
   * @throws IllegalArgumentException if there is no such provider
   */
  public static void requireKnown(String choice) {
    var unused = find(name(choice));
  }

  private static String name(String choice) {
    int colon = choice.indexOf(':');
    return colon < 0 ? choice : choice.substring(0, colon);
  }

  /**
   * Opens a discovery that looks again at intervals, on a thread of its own: all that most
   * providers need. It tells only what has changed; when a look fails, what was known stays, marked
   * stale.
   */
  public static ServiceDiscovery polling(
      DiscoveryContext context, Duration interval, EndpointLook look) {
    if (interval.isNegative() || interval.isZero()) {
      throw new IllegalArgumentException("interval: " + interval + " (expected: > 0)");
    }
    return ListDiscovery.open(context, name -> new PolledLook(look, interval));
  }

  private static DiscoveryProvider find(String name) {
    List<DiscoveryProvider> all =
        ServiceLoader.load(DiscoveryProvider.class, Discoveries.class.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .toList();
    return all.stream()
        .filter(each -> name.isEmpty() ? each.priority() >= 0 : each.name().equals(name))
        .max(Comparator.comparingInt(DiscoveryProvider::priority))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown discovery: "
                        + name
                        + " (expected: "
                        + String.join(
                            ", ", all.stream().map(DiscoveryProvider::name).sorted().toList())
                        + ")"));
  }

  /** A discovery whose thread ends with it. */
  private record Owned(ServiceDiscovery discovery, DiscoveryLoop loop) implements ServiceDiscovery {
    @Override
    public Watch watch(ServiceName name, Duration deadline, EndpointListener listener) {
      return discovery.watch(name, deadline, listener);
    }

    @Override
    public void close() {
      discovery.close();
      loop.close();
    }
  }
}
