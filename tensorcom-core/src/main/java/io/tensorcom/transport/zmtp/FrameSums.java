// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The CRC32C of each long frame of a message, summed up as it comes: what the kernel has just
 * copied is in the processor's cache, and is not when the message is whole. Not thread-safe.
 */
final class FrameSums {
  private final CRC32C sum = new CRC32C();
  private boolean wanted;
  private int summed;
  private long[] sums = {};

  /** Begins a message behind its first frame. */
  void begin(boolean newWanted) {
    wanted = newWanted;
    summed = 0;
    sum.reset();
  }

  /** Goes on to where the frame is filled by now; leaves the buffer's position somewhere. */
  void upTo(ByteBuffer frame, int filled) {
    if (wanted) {
      sum.update(frame.limit(filled).position(summed));
      summed = filled;
    }
  }

  /**
   * Ends a frame, at any position, which is as it was afterwards.
   *
   * @param frame null if it is short
   */
  void end(@Nullable ByteBuffer frame, int index) {
    if (!wanted) {
      return;
    }
    if (sums.length <= index) {
      int length = sums.length;
      sums = Arrays.copyOf(sums, Math.max(4, 2 * index));
      Arrays.fill(sums, length, sums.length, Message.NO_SUM);
    }
    if (frame != null) {
      upTo(frame, frame.limit());
      frame.rewind();
    }
    sums[index] = frame == null ? Message.NO_SUM : sum.getValue();
    summed = 0;
    sum.reset();
  }

  /** Ends a message, which is told the sums if they were wanted. */
  void giveTo(Message message) {
    if (wanted) {
      message.withFrameSums(Arrays.copyOf(sums, message.pieceCount()));
      begin(false);
    }
  }
}
