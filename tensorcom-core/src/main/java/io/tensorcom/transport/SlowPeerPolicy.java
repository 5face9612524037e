// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

/** What a PUB does with a message for a subscriber that has no room for it. */
public enum SlowPeerPolicy {
  /** Waits for {@link SocketOptions#slowPeerWait()}, then drops the message for that subscriber. */
  WAIT,
  /** Drops the message at once, as libzmq does. */
  DROP_NEW,
  /** Drops the oldest message that is queued for the subscriber and not begun. */
  DROP_OLD,
  /**
   * Keeps only the latest message beside the one that is being written; also of those that are left
   * when the socket is closed, so that the newest arrives.
   */
  LATEST
}
