// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

/**
 * Counters of one peer since it connected.
 *
 * @param peer its address, for example {@code tcp://10.0.0.7:41234}
 * @param messages received from it, or written to it whole
 * @param bytes received from it, or written to it, on the wire
 * @param queued messages that wait: for being written, or for being taken
 * @param droppedFull messages it lost because it was slow and its queue full
 */
public record PeerStats(String peer, long messages, long bytes, int queued, long droppedFull) {}
