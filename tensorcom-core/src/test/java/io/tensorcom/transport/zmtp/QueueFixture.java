// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/** Messages that are told apart by their number, and count their releases. */
final class QueueFixture {
  static final int MEBIBYTE = 1 << 20;
  static final long FOR_EVER = Long.MAX_VALUE;

  /** Shared by all messages, which are never looked into. */
  private static final ByteBuffer MEMORY = ByteBuffer.allocate(2 * MEBIBYTE);

  final AtomicInteger released = new AtomicInteger();

  Message message(int number, int bytes) {
    ByteBuffer head = ByteBuffer.allocate(4).putInt(0, number);
    ByteBuffer rest = MEMORY.duplicate().limit(bytes - 4);
    return Message.outbound(new ByteBuffer[] {head, rest}, false, released::incrementAndGet);
  }

  Message large(int number) {
    return message(number, MEBIBYTE);
  }

  static int number(Message message) {
    return message.piece(0).getInt(0);
  }

  /** Waits until a thread that was started waits itself, so that it is woken and not early. */
  static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TIMED_WAITING) {
      if (!thread.isAlive()) {
        throw new AssertionError("did not wait");
      }
      Thread.onSpinWait();
    }
  }
}
