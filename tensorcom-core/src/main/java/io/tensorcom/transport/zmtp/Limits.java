// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

/** What a peer may claim at most, where it is not configurable. */
final class Limits {
  /** The body of a command, its name included, in bytes. */
  static final int COMMAND_BYTES = 8192;

  static final int READY_PROPERTIES = 64;
  static final int SUBSCRIPTIONS = 1000;
  static final int TOPIC_BYTES = 255;
  static final int PING_CONTEXT_BYTES = 16;

  /** What libzmq can take without an overflow, in tenths of a second. */
  static final int TTL_TENTHS = 655;

  /** How much of a body must have arrived before a new peer is given memory for all of it. */
  static final int PROBATION_BYTES = 64 << 10;

  /** Frames up to this length are kept on the heap: a slab would be wasted on them. */
  static final int HEAP_BYTES = 256;

  /** Small messages are queued beyond the limit in messages until they are this many bytes. */
  static final int SMALL_QUEUE_BYTES = 1 << 20;

  /** From here on a message is worth a change of threads at once. */
  static final int LARGE_BYTES = 256 << 10;

  private Limits() {}
}
