// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.stream.StreamStats;
import io.tensorcom.transport.SocketStats;
import java.util.List;
import java.util.Locale;

/**
 * What a sender or receiver has moved since it was opened. Immutable.
 *
 * @param batches sent, or received and handed out
 * @param bytes of their tensors' data
 * @param batchesPerSecond over the last 1,000 batches
 * @param bytesPerSecond over the last 1,000 batches
 * @param malformed messages that were not batches; 0 for a sender
 * @param socket what the transport counted
 * @param membership endpoints behind names, as they come and go
 * @param streams what a receiver knows of its senders' streams; empty for a sender
 * @param restarts how often a receiver heard a new stream from an address that had another before:
 *     that sender was started again
 * @param forgottenStreams streams a receiver heard that are no longer in its book
 * @param waitedNanos how long callers have waited in the socket, those that wait now included and
 *     those of several threads added up: a receiver's for a batch to come, a sender's for room or
 *     for a peer
 */
public record TransferStats(
    long batches,
    long bytes,
    double batchesPerSecond,
    double bytesPerSecond,
    long malformed,
    SocketStats socket,
    MembershipStats membership,
    List<StreamStats> streams,
    long restarts,
    long forgottenStreams,
    long waitedNanos) {
  /** Copies the streams. */
  public TransferStats {
    streams = List.copyOf(streams);
  }

  /** {@return the line that the Python tensorcom prints: the recent rate and throughput} */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "rate %f msg/s throughput %.2e bytes/s", batchesPerSecond, bytesPerSecond);
  }
}
