// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;

/** A message on its way to several peers; released when the last of them needs it no more. */
final class SharedMessage {
  private final Message message;
  private final long bytes;
  private int holds = 1;

  /** Takes the message over, with one hold for whoever made this. */
  SharedMessage(Message message) {
    this.message = message;
    this.bytes = message.byteSize();
  }

  Message message() {
    return message;
  }

  long bytes() {
    return bytes;
  }

  SharedMessage retain() {
    holds++;
    return this;
  }

  void release() {
    if (--holds == 0) {
      message.release();
    }
  }

  /** Copies the start of the first frame, for topics; returns how many bytes that are. */
  int start(byte[] into) {
    int length = 0;
    int pieces = message.isSingleFrame() ? message.pieceCount() : 1;
    for (int i = 0; i < pieces && length < into.length; i++) {
      ByteBuffer piece = message.piece(i);
      int count = Math.min(piece.remaining(), into.length - length);
      piece.get(piece.position(), into, length, count);
      length += count;
    }
    return length;
  }
}
