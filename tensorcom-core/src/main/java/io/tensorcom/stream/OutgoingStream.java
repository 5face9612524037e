// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import io.tensorcom.codec.HeaderExtension;
import io.tensorcom.tensor.BatchOrigin;

/** A sender's place in its stream: what the next batch is called. Not thread-safe. */
public final class OutgoingStream {
  private final long streamId;
  private final long flags;
  private final HeaderExtension extension = new HeaderExtension();
  private long sequence;
  private long epoch;
  private long indexInEpoch;

  /**
   * Begins a stream.
   *
   * @param streamId random
   * @param checksum whether batches are to have one
   */
  public OutgoingStream(long streamId, boolean checksum) {
    this.streamId = streamId;
    this.flags = checksum ? BatchOrigin.CHECKSUM : 0;
  }

  /** {@return the extension of the next batch, valid until the next call} */
  public HeaderExtension next(BatchMark mark, long nowNanos) {
    long ends =
        (mark.isEnd() ? BatchOrigin.LAST_OF_EPOCH : 0)
            | (mark.lastOfStream() ? BatchOrigin.LAST_OF_STREAM : 0);
    extension.set(streamId, sequence, epoch, indexInEpoch);
    extension.mark(mark.shard(), flags | ends, nowNanos);
    return extension;
  }

  /** {@return what pullers are told behind the batch with this mark, before {@link #sent}} */
  public EndNotice notice(BatchMark mark) {
    return new EndNotice(streamId, sequence, epoch, indexInEpoch + 1, mark.lastOfStream());
  }

  /** Moves on: the batch with this mark was taken by the socket. */
  public void sent(BatchMark mark) {
    sequence++;
    indexInEpoch++;
    if (mark.isEnd()) {
      epoch++;
      indexInEpoch = 0;
    }
  }
}
