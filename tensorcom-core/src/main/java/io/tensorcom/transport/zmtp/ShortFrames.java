// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * Heap buffers for the short frames of one receiving socket: tensors' headers, of which a batch has
 * one each. They are used again when their message has been released, so that a stream makes no
 * garbage for them. Thread-safe: messages are released on users' threads.
 */
final class ShortFrames implements Consumer<Message> {
  /** Two for each of as many messages as may wait of one peer: 2.6 MB, for all peers together. */
  private static final int KEPT = 2 * Limits.SMALL_QUEUE_BYTES / Limits.HEAP_BYTES;

  private final Deque<ByteBuffer> idle = new ArrayDeque<>();

  /** {@return a buffer of {@link Limits#HEAP_BYTES}, cleared and big-endian} */
  synchronized ByteBuffer take() {
    ByteBuffer buffer = idle.pollFirst();
    return buffer == null ? ByteBuffer.allocate(Limits.HEAP_BYTES) : buffer;
  }

  /** Takes back the short frames of a message that is being released. */
  @Override
  public synchronized void accept(Message released) {
    for (int i = 0; i < released.pieceCount() && idle.size() < KEPT; i++) {
      ByteBuffer piece = released.piece(i);
      // Longer frames of strangers lie on the heap too, in buffers of their own length.
      if (!piece.isDirect() && piece.capacity() == Limits.HEAP_BYTES) {
        idle.addFirst(piece.clear().order(ByteOrder.BIG_ENDIAN));
      }
    }
  }
}
