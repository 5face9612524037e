// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

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
}
