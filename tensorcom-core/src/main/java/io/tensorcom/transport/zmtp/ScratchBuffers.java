// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.LongAdder;

/**
 * Small direct buffers for connections, kept when one ends: direct memory is given back only by a
 * garbage collection, and strangers may connect often.
 */
final class ScratchBuffers {
  private static final int KEPT = 64;

  /** Of all sockets, whose threads differ. */
  private static final LongAdder OUT = new LongAdder();

  private final int bytes;
  private final Deque<ByteBuffer> idle = new ArrayDeque<>();

  /** Makes a stock of buffers of this size. */
  ScratchBuffers(int bytes) {
    this.bytes = bytes;
  }

  /** {@return how many buffers of all stocks are in use; exact while no session begins or ends} */
  static long out() {
    return OUT.sum();
  }

  ByteBuffer take() {
    OUT.increment();
    ByteBuffer buffer = idle.pollFirst();
    return buffer == null ? ByteBuffer.allocateDirect(bytes) : buffer;
  }

  void giveBack(ByteBuffer buffer) {
    OUT.decrement();
    if (idle.size() < KEPT) {
      idle.addFirst(buffer.clear());
    }
  }
}
