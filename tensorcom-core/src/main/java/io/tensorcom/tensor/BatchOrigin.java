// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

/**
 * Where a received batch stands in the stream of its sender, as the header extension tells.
 * Immutable.
 *
 * @param streamId random, one per sender socket
 * @param sequence 0, 1, 2 … over the stream
 * @param epoch 0, 1, 2 …
 * @param indexInEpoch of the batch among those of this sender, from 0
 * @param shard where the samples come from
 * @param flags {@link #LAST_OF_EPOCH} and others; unknown ones have no meaning
 * @param sentAtNanos by the sender's clock, in nanoseconds since 1970
 */
public record BatchOrigin(
    long streamId,
    long sequence,
    long epoch,
    long indexInEpoch,
    ShardPosition shard,
    long flags,
    long sentAtNanos) {
  /** The flag of the last batch of an epoch of this sender. */
  public static final long LAST_OF_EPOCH = 1;

  /** The flag of the last batch of the stream. */
  public static final long LAST_OF_STREAM = 2;

  /** The flag that says that a checksum is present; a received one has been checked. */
  public static final long CHECKSUM = 4;

  /** {@return whether no batch of this epoch follows from this sender} */
  public boolean isLastOfEpoch() {
    return (flags & (LAST_OF_EPOCH | LAST_OF_STREAM)) != 0;
  }

  /** {@return whether nothing follows from this sender} */
  public boolean isLastOfStream() {
    return (flags & LAST_OF_STREAM) != 0;
  }
}
