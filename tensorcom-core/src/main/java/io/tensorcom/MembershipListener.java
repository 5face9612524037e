// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.discovery.Endpoint;

/**
 * Told of the endpoints behind the names of a sender or receiver. Calls come one after another, on
 * a thread that has nothing else to do: one that blocks delays later calls, and no stream. What has
 * not been told when the sender or receiver is closed is not told any more.
 */
public interface MembershipListener {
  /** Tells that an endpoint is there, and is being connected. */
  default void endpointAdded(Endpoint endpoint) {}

  /** Tells that an endpoint is gone, and its connection is being left. */
  default void endpointRemoved(Endpoint endpoint) {}

  /**
   * Tells that an endpoint could not be connected, once until it has been; it is tried again all
   * the while.
   *
   * @param reason for people
   */
  default void endpointUnreachable(Endpoint endpoint, String reason) {}
}
