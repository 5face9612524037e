// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

import java.time.Duration;
import java.util.Objects;

/**
 * Settings of the connections that few users change; transports without such a knob ignore it.
 * Immutable.
 *
 * @param io what waits for the sockets: {@code auto}, {@code epoll}, {@code nio} or {@code
 *     io_uring}
 * @param writePieceBytes how much of a body goes into one system call at most, in bytes; at least
 *     4096
 * @param readWindowBytes how much of a body is asked for in one system call at most, in bytes; at
 *     least 4096, or 0 for what is best for the medium
 * @param slowPeers what a PUB does when a subscriber has no room
 * @param heartbeat how often a receiver shows its senders that it lives; zero for never
 * @param progressTimeout how long a message may take for 256 KiB, or for its rest, before its
 *     connection ends
 * @param closeSlowAfter how long a subscriber may take nothing before its connection ends; zero for
 *     ever
 */
public record Tuning(
    String io,
    int writePieceBytes,
    int readWindowBytes,
    SlowPeerPolicy slowPeers,
    Duration heartbeat,
    Duration progressTimeout,
    Duration closeSlowAfter) {
  /** {@code auto}, 640 KiB, 0, WAIT, no heartbeat, 30 s, never. */
  public static final Tuning DEFAULT =
      new Tuning(
          "auto",
          640 << 10,
          0,
          SlowPeerPolicy.WAIT,
          Duration.ZERO,
          Duration.ofSeconds(30),
          Duration.ZERO);

  /** Checks ranges. */
  public Tuning {
    Objects.requireNonNull(io, "io");
    Objects.requireNonNull(slowPeers, "slowPeers");
    checkPiece(writePieceBytes, "writePieceBytes");
    if (readWindowBytes != 0) {
      checkPiece(readWindowBytes, "readWindowBytes");
    }
    if (heartbeat.isNegative() || closeSlowAfter.isNegative()) {
      throw new IllegalArgumentException("heartbeat or closeSlowAfter is negative");
    }
    if (progressTimeout.isNegative() || progressTimeout.isZero()) {
      throw new IllegalArgumentException(
          "progressTimeout: " + progressTimeout + " (expected: > 0)");
    }
  }

  private static void checkPiece(int bytes, String name) {
    if (bytes < 4096) {
      throw new IllegalArgumentException(name + ": " + bytes + " (expected: >= 4096)");
    }
  }

  /** {@return a copy with this} */
  public Tuning withIo(String newIo) {
    return new Tuning(
        newIo,
        writePieceBytes,
        readWindowBytes,
        slowPeers,
        heartbeat,
        progressTimeout,
        closeSlowAfter);
  }

  /** {@return a copy with these sizes in bytes} */
  public Tuning withSizes(int newWritePieceBytes, int newReadWindowBytes) {
    return new Tuning(
        io,
        newWritePieceBytes,
        newReadWindowBytes,
        slowPeers,
        heartbeat,
        progressTimeout,
        closeSlowAfter);
  }

  /** {@return a copy with this policy} */
  public Tuning withSlowPeers(SlowPeerPolicy policy) {
    return new Tuning(
        io, writePieceBytes, readWindowBytes, policy, heartbeat, progressTimeout, closeSlowAfter);
  }

  /** {@return a copy with these times} */
  public Tuning withTimes(
      Duration newHeartbeat, Duration newProgressTimeout, Duration newCloseSlowAfter) {
    return new Tuning(
        io,
        writePieceBytes,
        readWindowBytes,
        slowPeers,
        newHeartbeat,
        newProgressTimeout,
        newCloseSlowAfter);
  }
}
