// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import io.tensorcom.tensor.ShardPosition;
import java.util.Objects;

/**
 * What a sender says of one batch. Immutable.
 *
 * @param lastOfEpoch whether the next batch begins an epoch
 * @param lastOfStream whether none follows
 * @param shard where the samples come from
 */
public record BatchMark(boolean lastOfEpoch, boolean lastOfStream, ShardPosition shard) {
  /** Says nothing. */
  public static final BatchMark NONE = new BatchMark(false, false, ShardPosition.UNKNOWN);

  /** Checks that nothing is null. */
  public BatchMark {
    Objects.requireNonNull(shard, "shard");
  }

  /** {@return the mark of an epoch's last batch} */
  public static BatchMark endOfEpoch(boolean lastOfStream) {
    return new BatchMark(true, lastOfStream, ShardPosition.UNKNOWN);
  }

  /** {@return whether an epoch ends here} */
  public boolean isEnd() {
    return lastOfEpoch || lastOfStream;
  }
}
