// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Sums up a message while it is written: what the sum has just read is in the processor's cache
 * when the kernel copies it. Before the last header leaves, it gets the sum; the data behind it are
 * summed ahead. Not thread-safe.
 */
final class LateChecksum implements Message.Preview {
  private final Message message;
  private final int[] headerLengths;
  private final CRC32C sum = new CRC32C();
  private @Nullable ByteBuffer view;
  private int piece;
  private int summed;

  /**
   * Makes one for a message of which nothing was written.
   *
   * @param message headers and data of the batch in turn; the last header ends with the word of the
   *     sum
   */
  LateChecksum(TensorBatch batch, Message message) {
    this.message = message;
    // The batch may be closed before its memory is let go.
    this.headerLengths = new int[batch.size()];
    for (int i = 0; i < headerLengths.length; i++) {
      headerLengths[i] = TensorHeaderDescriptor.length(batch.get(i).rank());
    }
  }

  @Override
  public void show(int index, int end) {
    int pieces = message.pieceCount();
    if (index < pieces - 2) {
      sumBefore(index);
      if (piece == index) {
        sumPiece(end);
      }
    } else if (piece < pieces) {
      sumBefore(pieces);
      ByteBuffer header = message.piece(pieces - 2).duplicate().order(ByteOrder.LITTLE_ENDIAN);
      header.putLong(header.limit() - Long.BYTES, sum.getValue());
    }
  }

  private void sumBefore(int index) {
    while (piece < index) {
      sumPiece(message.piece(piece).limit());
      piece++;
      summed = 0;
      view = null;
    }
  }

  private void sumPiece(int end) {
    int covered = piece % 2 == 0 ? Math.min(end, headerLengths[piece / 2]) : end;
    if (covered > summed) {
      ByteBuffer part = view == null ? message.piece(piece).duplicate() : view;
      sum.update(part.limit(covered).position(summed));
      view = part;
      summed = covered;
    }
  }
}
