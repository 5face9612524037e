// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import io.tensorcom.tensor.AsciiWord;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A header whose every field has been checked. */
final class TensorHeader {
  private final DType dtype;
  private final long infoWord;
  private final long[] dims;
  private final int byteSize;

  private TensorHeader(DType dtype, long infoWord, long[] dims, int byteSize) {
    this.dtype = dtype;
    this.infoWord = infoWord;
    this.dims = dims;
    this.byteSize = byteSize;
  }

  static TensorHeader read(
      ByteBuffer buffer, int offset, int length, int index, DecodeLimits limits) {
    if (length % Long.BYTES != 0
        || length < TensorHeaderDescriptor.length(0)
        || length > limits.maxHeaderBytes()) {
      throw malformed(
          "header length", index, "a multiple of 8 in 24.." + limits.maxHeaderBytes(), "" + length);
    }
    long dtypeWord = word(buffer, offset + TensorHeaderDescriptor.DTYPE_OFFSET);
    DType dtype = DType.fromCodeWord(dtypeWord);
    if (dtype == null) {
      throw malformed("dtype", index, "one of the eleven codes", hex(dtypeWord));
    }
    long infoWord = word(buffer, offset + TensorHeaderDescriptor.INFO_OFFSET);
    if (!AsciiWord.isValid(infoWord)) {
      throw malformed("info", index, "ASCII, NUL-padded", hex(infoWord));
    }
    long rank = word(buffer, offset + TensorHeaderDescriptor.RANK_OFFSET);
    if (rank < 0 || rank > Tensor.MAX_RANK) {
      throw malformed("rank", index, "0.." + Tensor.MAX_RANK, "" + rank);
    }
    if (length < TensorHeaderDescriptor.length((int) rank)) {
      throw malformed(
          "header length",
          index,
          ">= " + TensorHeaderDescriptor.length((int) rank) + " for rank " + rank,
          "" + length);
    }
    long[] dims = new long[(int) rank];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = word(buffer, offset + TensorHeaderDescriptor.dimOffset(i));
    }
    return new TensorHeader(dtype, infoWord, dims, checkedSize(dtype, dims, index));
  }

  /** {@return a header frame as its fields are read: little-endian, from 0 on} */
  static ByteBuffer view(ByteBuffer frame) {
    // The frame is ours by now: a view is only needed where it begins somewhere else.
    ByteBuffer start = frame.position() == 0 ? frame : frame.slice();
    return start.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** {@return what the extension behind the dimensions tells, null if there is none} */
  @Nullable BatchOrigin origin(ByteBuffer view) {
    return HeaderExtension.read(view, length(), view.limit());
  }

  /** {@return the bytes up to the last dimension} */
  int length() {
    return TensorHeaderDescriptor.length(dims.length);
  }

  int rank() {
    return dims.length;
  }

  private static int checkedSize(DType dtype, long[] dims, int index) {
    try {
      return Tensor.byteSize(dtype, dims);
    } catch (IllegalArgumentException e) {
      throw malformed(
          "shape", index, "dimensions >= 0 and at most 2147483647 bytes", Arrays.toString(dims));
    }
  }

  void checkDataLength(long actual, int index) {
    if (actual != byteSize) {
      throw malformed("data length", index, byteSize + " by dtype and shape", "" + actual);
    }
  }

  Tensor over(Lease lease, int offset) {
    return Tensor.received(lease, offset, dtype, dims, infoWord);
  }

  static MalformedBatchException malformed(String what, int index, String expected, String actual) {
    return new MalformedBatchException(what, "tensor " + index, expected, actual);
  }

  /** A little-endian word, whatever the buffer's order is: a view of it would be garbage. */
  private static long word(ByteBuffer buffer, int offset) {
    long word = buffer.getLong(offset);
    return buffer.order() == ByteOrder.LITTLE_ENDIAN ? word : Long.reverseBytes(word);
  }

  private static String hex(long word) {
    return "0x" + Long.toHexString(word);
  }
}
