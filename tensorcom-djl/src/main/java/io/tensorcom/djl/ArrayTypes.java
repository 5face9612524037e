// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.types.DataType;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.Set;

/** The dtypes of tensors as those of arrays. */
final class ArrayTypes {
  private static final Set<String> FEW_INTEGERS = Set.of("PyTorch", "OnnxRuntime");

  private ArrayTypes() {}

  /**
   * {@return whether the engine can make an array of it}
   *
   * <p>DJL's PyTorch engine (tried: 0.36) ends the process when it is given any of the others, ONNX
   * Runtime refuses them.
   */
  static boolean isKnownTo(Engine engine, DType dtype) {
    return !FEW_INTEGERS.contains(engine.getEngineName())
        || switch (dtype) {
          case INT16, UINT16, UINT32, UINT64 -> false;
          default -> true;
        };
  }

  /** {@return the elements of an integer tensor; of uint64, those from 2^63 on wrap as in numpy} */
  static long[] widen(Tensor tensor) {
    ByteBuffer data = tensor.data();
    int size = tensor.dtype().byteSize();
    long[] values = new long[tensor.elementCount()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (tensor.dtype()) {
            case INT16 -> data.getShort(i * size);
            case UINT16 -> data.getShort(i * size) & 0xFFFF;
            case UINT32 -> data.getInt(i * size) & 0xFFFF_FFFFL;
            default -> data.getLong(i * size);
          };
    }
    return values;
  }

  static DataType of(DType dtype) {
    return switch (dtype) {
      case FLOAT16 -> DataType.FLOAT16;
      case FLOAT32 -> DataType.FLOAT32;
      case FLOAT64 -> DataType.FLOAT64;
      case INT8 -> DataType.INT8;
      case INT16 -> DataType.INT16;
      case INT32 -> DataType.INT32;
      case INT64 -> DataType.INT64;
      case UINT8 -> DataType.UINT8;
      case UINT16 -> DataType.UINT16;
      case UINT32 -> DataType.UINT32;
      case UINT64 -> DataType.UINT64;
    };
  }
}
