// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.DiscoveryThread;
import io.tensorcom.discovery.EndpointListener;
import io.tensorcom.discovery.EndpointSnapshot;
import io.tensorcom.discovery.k8s.net.DnsLoop;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Collects what a discovery tells, on a thread of its own, for tests in real time. */
final class Following implements EndpointListener, AutoCloseable {
  private static final long PATIENCE_SECONDS = 20;

  private final DnsLoop thread = new DnsLoop();
  final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

  DiscoveryThread thread() {
    return thread;
  }

  @Override
  public void onSnapshot(EndpointSnapshot snapshot) {
    events.add(snapshot);
  }

  @Override
  public void onError(DiscoveryException failure) {
    events.add(failure);
  }

  /** Waits for the next event; null if none came in time. */
  @Nullable Object next(Duration patience) throws InterruptedException {
    return events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Waits for a snapshot and returns its endpoints as text. */
  List<String> endpoints() throws InterruptedException {
    Object event = next(Duration.ofSeconds(PATIENCE_SECONDS));
    if (event instanceof EndpointSnapshot snapshot) {
      return snapshot.endpoints().stream().map(Object::toString).toList();
    }
    throw new AssertionError("no snapshot but " + event);
  }

  /** Waits for an error. */
  DiscoveryException error() throws InterruptedException {
    Object event = next(Duration.ofSeconds(PATIENCE_SECONDS));
    if (event instanceof DiscoveryException failure) {
      return failure;
    }
    throw new AssertionError("no error but " + event);
  }

  @Override
  public void close() {
    thread.close();
  }
}
