// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import io.tensorcom.tensor.Tensor;
import java.nio.ByteBuffer;

/**
 * Layout of a tensor header: little-endian int64 words.
 *
 * <pre>
 *   0        8        16       24                24+8*rank
 *  +--------+--------+--------+--------+- - - - -+- - - - - - - -+
 *  | dtype  |  info  |  rank  | dim 0  |  dim 1… | further words |
 *  +--------+--------+--------+--------+- - - - -+- - - - - - - -+
 * </pre>
 *
 * <p>dtype and info are up to eight ASCII characters, NUL-padded. Readers ignore further words.
 */
final class TensorHeaderDescriptor {
  static final int DTYPE_OFFSET = 0;
  static final int INFO_OFFSET = 8;
  static final int RANK_OFFSET = 16;
  static final int DIMS_OFFSET = 24;

  private TensorHeaderDescriptor() {}

  /** {@return the bytes of a header without further words} */
  static int length(int rank) {
    return DIMS_OFFSET + Long.BYTES * rank;
  }

  static int dimOffset(int index) {
    return DIMS_OFFSET + Long.BYTES * index;
  }

  /** Writes the header at this offset of a little-endian buffer and returns its length. */
  static int write(ByteBuffer buffer, int offset, Tensor tensor) {
    buffer.putLong(offset + DTYPE_OFFSET, tensor.dtype().codeWord());
    buffer.putLong(offset + INFO_OFFSET, tensor.infoWord());
    int rank = tensor.rank();
    buffer.putLong(offset + RANK_OFFSET, rank);
    for (int i = 0; i < rank; i++) {
      buffer.putLong(offset + dimOffset(i), tensor.dim(i));
    }
    return length(rank);
  }
}
