// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

/**
 * Counters of one socket since it was opened.
 *
 * @param messages sent or received
 * @param bytes of their frames
 * @param peers connected at this moment
 * @param unheard messages published while nobody had subscribed to them
 * @param dropEvents messages published while a slow subscriber had no room, so that it lost them;
 *     how many subscribers did is not known without {@link Capability#PEER_STATISTICS}
 * @param copies messages whose memory was copied to give a lease back, or because the transport
 *     cannot gather
 * @param refused messages of peers refused for their size or number of frames
 */
public record SocketStats(
    long messages,
    long bytes,
    int peers,
    long unheard,
    long dropEvents,
    long copies,
    long refused) {}
