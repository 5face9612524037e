// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import io.tensorcom.discovery.DiscoveryContext;
import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.DiscoveryProvider;
import io.tensorcom.discovery.DiscoveryThread;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.EndpointListener;
import io.tensorcom.discovery.EndpointSnapshot;
import io.tensorcom.discovery.ServiceDiscovery;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.Watch;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Names whose endpoints a test sets: a provider that gives out the discovery itself. A watch of a
 * name that was set before is told it at once. Thread-safe.
 */
public final class TestDiscovery implements DiscoveryProvider, ServiceDiscovery {
  private final DiscoveryThread thread;
  private final Map<String, EndpointSnapshot> known = new HashMap<>();
  private final List<TestWatch> watches = new CopyOnWriteArrayList<>();
  private final List<Endpoint> unreachable = new CopyOnWriteArrayList<>();
  private String explanation = "";
  private long versions;
  private boolean closed;

  /** Makes a discovery in which no name exists; callbacks run on the thread. */
  public TestDiscovery(DiscoveryThread thread) {
    this.thread = thread;
  }

  @Override
  public String name() {
    return "test";
  }

  @Override
  public int priority() {
    return -1;
  }

  @Override
  public ServiceDiscovery open(DiscoveryContext context) {
    return this;
  }

  /** {@return an endpoint of a literal address} */
  public static Endpoint at(String address, int port) {
    try {
      return Endpoint.of(InetAddress.getByName(address), port);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Sets what is behind a name, in this order. */
  public void set(String host, Endpoint... endpoints) {
    set(host, Arrays.asList(endpoints));
  }

  /** Sets what is behind a name, in this order. */
  public synchronized void set(String host, List<Endpoint> endpoints) {
    EndpointSnapshot snapshot = new EndpointSnapshot(++versions, endpoints, false);
    known.put(host, snapshot);
    watches.stream()
        .filter(watch -> watch.name.host().equals(host))
        .forEach(watch -> watch.tell(snapshot));
  }

  /** Tells those who watch a name that a look failed. */
  public void fail(String host, DiscoveryException.Reason reason, String message) {
    watches.stream()
        .filter(watch -> watch.name.host().equals(host))
        .forEach(watch -> watch.fail(new DiscoveryException(watch.name, reason, message)));
  }

  /** Sets what every watch explains. */
  public synchronized void explain(String text) {
    explanation = text;
  }

  /** {@return the names that are watched} */
  public List<ServiceName> watched() {
    return watches.stream().map(watch -> watch.name).toList();
  }

  /** {@return what was reported unreachable, in order} */
  public List<Endpoint> unreachable() {
    return new ArrayList<>(unreachable);
  }

  /** {@return whether the discovery has been closed} */
  public synchronized boolean isClosed() {
    return closed;
  }

  @Override
  public synchronized Watch watch(ServiceName name, Duration deadline, EndpointListener listener) {
    TestWatch watch = new TestWatch(name, listener);
    watches.add(watch);
    EndpointSnapshot snapshot = known.get(name.host());
    if (snapshot != null) {
      watch.tell(snapshot);
    }
    return watch;
  }

  @Override
  public synchronized void close() {
    closed = true;
    watches.forEach(TestWatch::close);
  }

  private final class TestWatch implements Watch {
    private final ServiceName name;
    private @Nullable EndpointListener listener;

    TestWatch(ServiceName name, EndpointListener listener) {
      this.name = name;
      this.listener = listener;
    }

    private void tell(EndpointSnapshot snapshot) {
      thread.execute(
          () -> {
            EndpointListener to = listener();
            if (to != null) {
              to.onSnapshot(snapshot);
            }
          });
    }

    private void fail(DiscoveryException failure) {
      thread.execute(
          () -> {
            EndpointListener to = listener();
            if (to != null) {
              to.onError(failure);
            }
          });
    }

    private synchronized @Nullable EndpointListener listener() {
      return listener;
    }

    @Override
    public void refresh() {}

    @Override
    public void reportUnreachable(Endpoint endpoint) {
      unreachable.add(endpoint);
    }

    @Override
    public String explain() {
      synchronized (TestDiscovery.this) {
        return explanation;
      }
    }

    @Override
    public synchronized void close() {
      listener = null;
      watches.remove(this);
    }
  }
}
