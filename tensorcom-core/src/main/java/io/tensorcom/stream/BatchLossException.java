// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import java.util.List;
import java.util.stream.Collectors;

/**
 * More batches were lost than the configuration tolerates. Receiving can go on: the batch that told
 * of the loss is the next one, and it is thrown again only when more are lost.
 */
public final class BatchLossException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long lost;

  /** Makes it from what is known of the streams. */
  public BatchLossException(long lost, long tolerated, List<StreamStats> streams) {
    super(
        "batches lost: %d (tolerated: %d): %s"
            .formatted(
                lost,
                tolerated,
                streams.stream()
                    .filter(stream -> stream.missing() > 0)
                    .limit(10)
                    .map(StreamStats::lossLine)
                    .collect(Collectors.joining(" | "))));
    this.lost = lost;
  }

  /** {@return batches lost in all streams since the receiver was opened} */
  public long lost() {
    return lost;
  }
}
