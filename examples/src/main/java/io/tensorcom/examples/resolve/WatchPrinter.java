// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.resolve;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.Watch;
import io.tensorcom.discovery.k8s.DnsDiscovery;
import io.tensorcom.discovery.k8s.DnsSettings;
import io.tensorcom.discovery.k8s.explain.Explanation;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Hands the explanations of a name's changes from the discovery's thread to the tool's. */
final class WatchPrinter implements AutoCloseable {
  private final DnsDiscovery discovery;
  private final BlockingQueue<Explanation> changes = new LinkedBlockingQueue<>();
  private @Nullable Explanation last;

  WatchPrinter(DnsSettings settings, AddressFamily family) {
    this.discovery = DnsDiscovery.open(settings, family);
  }

  void start(ServiceName name, Duration deadline) {
    Watch unused = discovery.follow(name, deadline, changes::add);
  }

  /** {@return what has changed; null if nothing has in this time} */
  @Nullable Explanation next(Duration patience) throws InterruptedException {
    Explanation next = changes.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
    if (next == null || next.saysTheSameAs(last)) {
      return null;
    }
    last = next;
    return next;
  }

  @Override
  public void close() {
    discovery.close();
  }
}
