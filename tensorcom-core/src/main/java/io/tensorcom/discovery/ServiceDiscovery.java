// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.time.Duration;

/** Finds the endpoints behind names, and follows them. Thread-safe. */
public interface ServiceDiscovery extends AutoCloseable {
  /**
   * Begins to follow a name. The listener is told on {@link DiscoveryContext#thread()} alone, in
   * order, and never before this method has returned there.
   *
   * @param deadline how long one look may take, all attempts together; after it the listener is
   *     told a snapshot or a {@link DiscoveryException}, first of all of the first look
   * @throws IllegalArgumentException if the name can never be found, for example because it is
   *     longer than the protocol allows
   */
  Watch watch(ServiceName name, Duration deadline, EndpointListener listener);

  /** Ends all watches; afterwards it has no thread and no socket. Idempotent. */
  @Override
  void close();
}
