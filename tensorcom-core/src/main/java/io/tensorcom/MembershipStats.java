// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

/**
 * Counters of the endpoints behind the names of a sender or receiver; endpoints given as literal
 * addresses do not count.
 *
 * @param known endpoints that are used at this moment
 * @param connected those of them that are connected
 * @param added endpoints that came since it was opened
 * @param removed endpoints that went since it was opened
 * @param unreachable those of the known whose last attempt to connect has failed
 * @param stale those of the known that the last look at their name did not confirm, as nobody
 *     answered it
 */
public record MembershipStats(
    int known, int connected, long added, long removed, int unreachable, int stale) {
  static final MembershipStats NONE = new MembershipStats(0, 0, 0, 0, 0, 0);
}
