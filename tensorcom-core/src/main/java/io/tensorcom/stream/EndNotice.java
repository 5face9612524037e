// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The end of an epoch, or of the stream, as a pusher tells it to all its pullers: five
 * little-endian int64 words. Immutable.
 *
 * @param streamId of the sender socket
 * @param lastSequence of the epoch; -1 if nothing was ever sent
 * @param epoch which is over
 * @param batches the sender sent in this epoch, to all pullers together
 * @param lastOfStream whether nothing follows
 */
public record EndNotice(
    long streamId, long lastSequence, long epoch, long batches, boolean lastOfStream) {
  private static final int BYTES = 5 * Long.BYTES;

  /** {@return the words} */
  public ByteBuffer encode() {
    ByteBuffer words = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    words.putLong(streamId).putLong(lastSequence).putLong(epoch).putLong(batches);
    return words.putLong(lastOfStream ? 1 : 0).flip();
  }

  /** {@return what these words say, null if they make no sense; later words are ignored} */
  public static @Nullable EndNotice decode(ByteBuffer data) {
    if (data.remaining() < BYTES) {
      return null;
    }
    ByteBuffer words = data.slice().order(ByteOrder.LITTLE_ENDIAN);
    EndNotice end =
        new EndNotice(
            words.getLong(),
            words.getLong(),
            words.getLong(),
            words.getLong(),
            (words.getLong() & 1) != 0);
    return end.lastSequence < -1 || end.epoch < 0 || end.batches < 0 ? null : end;
  }
}
