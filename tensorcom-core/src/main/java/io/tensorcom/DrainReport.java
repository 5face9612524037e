// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

/**
 * What became of the batches that were queued when a sender was closed.
 *
 * @param complete whether all were handed to the network in time, as far as the transport knows
 * @param batches sent over the sender's whole life
 * @param undelivered batches, once per peer, that were dropped because the time was over, as far as
 *     the transport knows
 */
public record DrainReport(boolean complete, long batches, long undelivered) {}
