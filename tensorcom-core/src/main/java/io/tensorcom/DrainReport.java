// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import java.util.Map;

/**
 * What became of the batches that were queued when a sender was closed. Immutable.
 *
 * @param complete whether all were handed to the network in time, as far as the transport knows
 * @param batches sent over the sender's whole life
 * @param undelivered batches, once per peer, that were dropped because the time was over, or
 *     because the peer's connection ended before, as far as the transport knows; one of which a
 *     peer got a part is among them
 * @param undeliveredByPeer those of them that had been given to a peer, by its address; the others
 *     waited in the sender's queue
 */
public record DrainReport(
    boolean complete, long batches, long undelivered, Map<String, Long> undeliveredByPeer) {
  /** Copies the map. */
  public DrainReport {
    undeliveredByPeer = Map.copyOf(undeliveredByPeer);
  }
}
