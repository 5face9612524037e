// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import java.util.Set;

/**
 * The senders that a receiver is connected to. Immutable.
 *
 * @param known whether the transport can tell; if not, no sender counts as gone
 * @param addresses of those that are connected; those that are in no stream are not done
 * @param waiting addresses of senders, connected or not any more, of which something came, or is
 *     coming, that was not handed out yet
 * @param expected how many there may be: while fewer were heard, an end waits for the others to
 *     connect, for five seconds where the transport can tell
 * @param telling addresses of those that will tell the end of a stream that pullers share
 * @param queued addresses of senders, connected or not any more, of which something has come whole
 *     and was not handed out yet
 */
public record ConnectedSenders(
    boolean known,
    Set<String> addresses,
    Set<String> waiting,
    int expected,
    Set<String> telling,
    Set<String> queued) {
  /** Copies the addresses. */
  public ConnectedSenders {
    addresses = Set.copyOf(addresses);
    waiting = Set.copyOf(waiting);
    telling = Set.copyOf(telling);
    queued = Set.copyOf(queued);
  }

  /** Makes those of which none tells ends, and nothing is queued. */
  public ConnectedSenders(boolean known, Set<String> addresses, Set<String> waiting, int expected) {
    this(known, addresses, waiting, expected, Set.of(), Set.of());
  }
}
