// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import java.nio.ByteBuffer;

/**
 * Layout of a chunk, of which the single encoding and {@code .ten} files consist: one for the
 * header and one for the data of each tensor, back to back.
 *
 * <pre>
 *   0          8                16
 *  +----------+----------------+- - - - - - - - -+- - - - - - - - - - - - - - - - -+
 *  | ~TenBin~ | payload length |     payload     | zeros to a multiple of 64 bytes |
 *  +----------+----------------+- - - - - - - - -+- - - - - - - - - - - - - - - - -+
 * </pre>
 *
 * <p>The length is a little-endian int64 and counts the payload alone. The 16 bytes before the
 * payload are outside the rounding.
 */
final class ChunkDescriptor {
  /** {@code ~TenBin~} as a little-endian int64. */
  static final long MAGIC = 0x7e6e_6942_6e65_547eL;

  static final int LENGTH_OFFSET = 8;
  static final int PAYLOAD_OFFSET = 16;
  static final int PAYLOAD_MULTIPLE = 64;

  private ChunkDescriptor() {}

  /** {@return the zeros that follow a payload of this length} */
  static int padding(long payloadLength) {
    return (int) (-payloadLength & (PAYLOAD_MULTIPLE - 1));
  }

  /** {@return the bytes of a chunk with this payload, padding and all} */
  static long length(long payloadLength) {
    return PAYLOAD_OFFSET + payloadLength + padding(payloadLength);
  }

  static void writeHead(ByteBuffer buffer, int offset, long payloadLength) {
    buffer.putLong(offset, MAGIC);
    buffer.putLong(offset + LENGTH_OFFSET, payloadLength);
  }
}
