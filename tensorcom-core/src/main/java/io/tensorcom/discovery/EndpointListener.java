// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

/** Told of what is behind a name. Its methods must not block. */
public interface EndpointListener {
  /**
   * Tells the whole set when it has changed, and at the first look.
   *
   * @param snapshot all endpoints; an empty one is a fact, not a failure
   */
  void onSnapshot(EndpointSnapshot snapshot);

  /**
   * Tells that a look failed while nothing was known of the name. Following goes on; there is one
   * such call after another until a snapshot.
   */
  void onError(DiscoveryException failure);
}
