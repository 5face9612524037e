// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.ShardPosition;
import io.tensorcom.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The words behind the dimensions of a batch's first header, which older peers ignore; see the wire
 * format. Mutable, so that a sender writes one batch after the other without garbage; not
 * thread-safe.
 */
public final class HeaderExtension {
  /** The first word, {@code ~TCext1~} in little-endian order. */
  static final long MAGIC = 0x7e31_7478_6543_547eL;

  /** The words of the extension, the magic included. */
  static final int WORDS = 12;

  static final int BYTES = WORDS * Long.BYTES;

  private static final int FLAGS_WORD = 9;
  private static final int CHECKSUM_WORD = 11;

  private long streamId;
  private long sequence;
  private long epoch;
  private long indexInEpoch;
  private ShardPosition shard = ShardPosition.UNKNOWN;
  private long flags;
  private long sentAtNanos;

  /** Of a batch of which nothing is known. */
  public HeaderExtension() {}

  /** Sets what is written next. */
  public void set(BatchOrigin origin) {
    set(origin.streamId(), origin.sequence(), origin.epoch(), origin.indexInEpoch());
    mark(origin.shard(), origin.flags(), origin.sentAtNanos());
  }

  /** Sets the place in the stream. */
  public void set(long newStreamId, long newSequence, long newEpoch, long newIndexInEpoch) {
    streamId = newStreamId;
    sequence = newSequence;
    epoch = newEpoch;
    indexInEpoch = newIndexInEpoch;
  }

  /**
   * Sets what else is told.
   *
   * @param newFlags with {@link BatchOrigin#CHECKSUM} the encoder adds a checksum
   */
  public void mark(ShardPosition newShard, long newFlags, long newSentAtNanos) {
    shard = newShard;
    flags = newFlags;
    sentAtNanos = newSentAtNanos;
  }

  boolean hasChecksum() {
    return (flags & BatchOrigin.CHECKSUM) != 0;
  }

  /** Writes the words, the checksum's as 0, into a little-endian buffer. */
  void write(ByteBuffer headers, int offset) {
    int at = offset;
    at = put(headers, at, MAGIC);
    at = put(headers, at, WORDS);
    at = put(headers, at, streamId);
    at = put(headers, at, sequence);
    at = put(headers, at, epoch);
    at = put(headers, at, indexInEpoch);
    at = put(headers, at, shard.shard());
    at = put(headers, at, shard.index());
    at = put(headers, at, shard.batches());
    at = put(headers, at, flags);
    at = put(headers, at, sentAtNanos);
    put(headers, at, 0);
  }

  private static int put(ByteBuffer headers, int offset, long word) {
    headers.putLong(offset, word);
    return offset + Long.BYTES;
  }

  static void writeChecksum(ByteBuffer headers, int offset, long checksum) {
    headers.putLong(offset + CHECKSUM_WORD * Long.BYTES, checksum);
  }

  /**
   * Reads the words.
   *
   * @param header little-endian
   * @param offset where the dimensions end
   * @param limit where the header ends
   * @return null if there is no extension that makes sense
   */
  static @Nullable BatchOrigin read(ByteBuffer header, int offset, int limit) {
    if (limit - offset < BYTES || header.getLong(offset) != MAGIC) {
      return null;
    }
    long words = header.getLong(offset + Long.BYTES);
    if (words < WORDS || words > (limit - offset) / Long.BYTES) {
      return null;
    }
    long sequence = word(header, offset, 3);
    long epoch = word(header, offset, 4);
    long index = word(header, offset, 5);
    if (sequence < 0 || epoch < 0 || index < 0) {
      return null;
    }
    return new BatchOrigin(
        word(header, offset, 2),
        sequence,
        epoch,
        index,
        shard(word(header, offset, 6), word(header, offset, 7), word(header, offset, 8)),
        word(header, offset, FLAGS_WORD),
        word(header, offset, 10));
  }

  private static ShardPosition shard(long shard, long index, long batches) {
    return (shard & index & batches) == -1
        ? ShardPosition.UNKNOWN
        : new ShardPosition(shard, index, batches);
  }

  /** {@return the checksum that is told, where the flags say that there is one} */
  static long checksum(ByteBuffer header, int offset) {
    return word(header, offset, CHECKSUM_WORD) & 0xFFFF_FFFFL;
  }

  /**
   * {@return whether there is a checksum, by a frame that may be anything, from its position to its
   * limit} It is asked of every message, and so makes no garbage.
   */
  static boolean tellsChecksum(ByteBuffer frame) {
    int start = frame.position();
    int length = frame.remaining();
    if (length < TensorHeaderDescriptor.length(0) + BYTES) {
      return false;
    }
    long rank = littleEndian(frame, start + TensorHeaderDescriptor.RANK_OFFSET);
    if (rank < 0 || rank > Tensor.MAX_RANK) {
      return false;
    }
    int offset = TensorHeaderDescriptor.length((int) rank);
    if (length - offset < BYTES || littleEndian(frame, start + offset) != MAGIC) {
      return false;
    }
    long words = littleEndian(frame, start + offset + Long.BYTES);
    if (words < WORDS || words > (length - offset) / Long.BYTES) {
      return false;
    }
    long told = littleEndian(frame, start + offset + FLAGS_WORD * Long.BYTES);
    return (told & BatchOrigin.CHECKSUM) != 0;
  }

  private static long littleEndian(ByteBuffer frame, int at) {
    long word = frame.getLong(at);
    return frame.order() == ByteOrder.LITTLE_ENDIAN ? word : Long.reverseBytes(word);
  }

  private static long word(ByteBuffer header, int offset, int index) {
    return header.getLong(offset + index * Long.BYTES);
  }
}
