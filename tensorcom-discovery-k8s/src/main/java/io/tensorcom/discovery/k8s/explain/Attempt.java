// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.explain;

import java.time.Duration;
import java.util.Locale;

/**
 * One query to one server.
 *
 * @param name the full name asked for
 * @param type A, AAAA or SRV
 * @param server its address
 * @param protocol UDP or TCP
 * @param outcome what became of it
 * @param roundTrip until the answer or the failure
 * @param records how many of the type the answer held
 * @param ttl of the records, or of a negative answer, in seconds; -1 where there is none
 * @param note anything else worth knowing; may be empty
 */
public record Attempt(
    String name,
    String type,
    String server,
    String protocol,
    Outcome outcome,
    Duration roundTrip,
    int records,
    long ttl,
    String note) {
  /** {@return one line for people} */
  public String toText() {
    return String.format(
        Locale.ROOT,
        "%-50s %-4s @%s %s %s %.1f ms%s%s%s",
        name,
        type,
        server,
        protocol,
        outcome,
        roundTrip.toNanos() / 1e6,
        records > 0 ? " records " + records : "",
        ttl >= 0 ? " ttl " + ttl : "",
        note.isEmpty() ? "" : " (" + note + ")");
  }
}
