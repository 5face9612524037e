// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

/** What a {@link Transport} can do beyond moving whole messages. */
public enum Capability {
  /** Counts what was queued, flushed and dropped for each peer. */
  PEER_STATISTICS,
  /** Bounds what is buffered by bytes; otherwise by messages of a peer only. */
  BYTE_LIMITS,
  /** Knows how many messages were dropped for a slow subscriber. */
  DROP_COUNTS,
  /** Closes the connection of one peer and leaves the others alone. */
  CLOSE_PEER,
  /** Speaks over Unix-domain sockets. */
  UNIX_SOCKETS,
  /** Gives the memory of a sent message back as soon as it is written. */
  PROMPT_RELEASE,
  /** Sends a single-encoded batch without gathering it into one buffer first. */
  GATHERING_SEND,
  /**
   * Leaves an address as {@link MessageSocket#disconnect(TransportAddress, java.time.Duration)}
   * says. Without it a sender may cut off the end of the last message, and a receiver leaves when
   * its time is over although messages still come, which are then lost.
   */
  LEAVE_IN_ORDER
}
