// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Tensors of a few numbers. */
final class Tensors {
  private Tensors() {}

  static Tensor of(DType dtype, long[] shape, double... values) {
    ByteBuffer data =
        ByteBuffer.allocateDirect(Tensor.byteSize(dtype, shape)).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      switch (dtype) {
        case FLOAT32 -> data.putFloat((float) value);
        case FLOAT64 -> data.putDouble(value);
        case INT32 -> data.putInt((int) value);
        case INT64, UINT64 -> data.putLong((long) value);
        case INT8, UINT8 -> data.put((byte) (int) value);
        case UINT16 -> data.putShort((short) (int) value);
        default -> throw new IllegalArgumentException(dtype.toString());
      }
    }
    return Tensor.wrap(dtype, data.flip(), null, shape);
  }

  static Tensor zeros(DType dtype, long... shape) {
    return of(dtype, shape, new double[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)]);
  }
}
