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
 */
public record ConnectedSenders(
    boolean known, Set<String> addresses, Set<String> waiting, int expected, Set<String> telling) {
  /** Copies the addresses. */
  public ConnectedSenders {
    addresses = Set.copyOf(addresses);
    waiting = Set.copyOf(waiting);
    telling = Set.copyOf(telling);
  }

  /** Makes those of which none tells ends. */
  public ConnectedSenders(boolean known, Set<String> addresses, Set<String> waiting, int expected) {
    this(known, addresses, waiting, expected, Set.of());
  }
}
