// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC32C (RFC 3720, section 12.1) over the headers, without extension, and data of a batch. */
final class BatchChecksum {
  private final CRC32C sum = new CRC32C();

  /** Adds a tensor: its header as far as its rank says, then its data. */
  void add(ByteBuffer headers, int offset, int rank, ByteBuffer data) {
    sum.update(headers.slice(offset, TensorHeaderDescriptor.length(rank)));
    sum.update(data.duplicate());
  }

  long value() {
    return sum.getValue();
  }

  /**
   * {@return the checksum of a batch that was received; what is known of its frames is believed}
   */
  static long of(Message message, TensorHeader[] headers) {
    long value = 0;
    for (int i = 0; i < headers.length; i++) {
      ByteBuffer data = message.piece(2 * i + 1);
      BatchChecksum part = new BatchChecksum();
      long known = message.frameSum(2 * i + 1);
      if (known == Message.NO_SUM) {
        part.add(message.piece(2 * i), 0, headers[i].rank(), data);
        value = Crc32c.append(value, part.value(), headers[i].length() + data.remaining());
      } else {
        part.sum.update(message.piece(2 * i).slice(0, headers[i].length()));
        value = Crc32c.append(value, part.value(), headers[i].length());
        value = Crc32c.append(value, known, data.remaining());
      }
    }
    return value;
  }
}
