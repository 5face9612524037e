// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Walks over the chunks of a single-encoded batch, strictly forward, and checks each before it is
 * used. Zeros missing after the last chunk are tolerated, as Python does.
 */
final class ChunkReader {
  private final ByteBuffer buffer;
  private final int end;
  private final DecodeLimits limits;
  private int position;
  private int payloadOffset;
  private int payloadLength;

  ChunkReader(ByteBuffer buffer, DecodeLimits limits) {
    this.buffer = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    this.end = buffer.limit();
    this.position = buffer.position();
    this.limits = limits;
  }

  boolean hasNext() {
    return position < end;
  }

  /** {@return where the next chunk begins} */
  int position() {
    return position;
  }

  /** Reads a header chunk and the data chunk behind it. */
  TensorHeader nextTensor(int index) {
    nextChunk("header", index);
    TensorHeader header = TensorHeader.read(buffer, payloadOffset, payloadLength, index, limits);
    if (!hasNext()) {
      throw new MalformedBatchException(
          "data chunk", "tensor " + index + ", byte " + position, "present", "missing");
    }
    nextChunk("data", index);
    header.checkDataLength(payloadLength, index);
    return header;
  }

  /** {@return where the data of the tensor read last begins} */
  int dataOffset() {
    return payloadOffset;
  }

  private void nextChunk(String kind, int index) {
    int rest = end - position;
    if (rest < ChunkDescriptor.PAYLOAD_OFFSET) {
      throw malformed(
          kind + " chunk",
          index,
          ">= " + ChunkDescriptor.PAYLOAD_OFFSET + " bytes",
          rest + " bytes");
    }
    long magic = buffer.getLong(position);
    if (magic != ChunkDescriptor.MAGIC) {
      throw malformed(kind + " chunk magic", index, "~TenBin~", "0x" + Long.toHexString(magic));
    }
    long length = buffer.getLong(position + ChunkDescriptor.LENGTH_OFFSET);
    int available = rest - ChunkDescriptor.PAYLOAD_OFFSET;
    if (length < 0 || length > available) {
      throw malformed(kind + " chunk length", index, "0.." + available, "" + length);
    }
    payloadOffset = position + ChunkDescriptor.PAYLOAD_OFFSET;
    payloadLength = (int) length;
    // The sum may pass the end only by padding that is missing; it is a long until it is clipped.
    position = (int) Math.min(end, position + ChunkDescriptor.length(length));
  }

  private MalformedBatchException malformed(
      String what, int index, String expected, String actual) {
    return new MalformedBatchException(
        what, "tensor " + index + ", byte " + position, expected, actual);
  }
}
