// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import io.tensorcom.tensor.DType;
import java.nio.ByteBuffer;

/** Reads elements of any dtype as doubles. */
public final class Elements {
  private Elements() {}

  /**
   * Reads elements from the buffer's position on; 64-bit integers are rounded to doubles.
   *
   * @return the given array
   */
  public static double[] read(DType dtype, ByteBuffer data, double[] target, int count) {
    switch (dtype) {
      case FLOAT16 -> {
        for (int i = 0; i < count; i++) {
          target[i] = HalfFloat.toFloat(data.getShort());
        }
      }
      case FLOAT32 -> {
        for (int i = 0; i < count; i++) {
          target[i] = data.getFloat();
        }
      }
      case FLOAT64 -> {
        for (int i = 0; i < count; i++) {
          target[i] = data.getDouble();
        }
      }
      case INT8 -> {
        for (int i = 0; i < count; i++) {
          target[i] = data.get();
        }
      }
      case INT16 -> {
        for (int i = 0; i < count; i++) {
          target[i] = data.getShort();
        }
      }
      case INT32 -> {
        for (int i = 0; i < count; i++) {
          target[i] = data.getInt();
        }
      }
      case INT64 -> {
        for (int i = 0; i < count; i++) {
          target[i] = data.getLong();
        }
      }
      default -> readUnsigned(dtype, data, target, count);
    }
    return target;
  }

  private static void readUnsigned(DType dtype, ByteBuffer data, double[] target, int count) {
    switch (dtype) {
      case UINT8 -> {
        for (int i = 0; i < count; i++) {
          target[i] = Byte.toUnsignedInt(data.get());
        }
      }
      case UINT16 -> {
        for (int i = 0; i < count; i++) {
          target[i] = Short.toUnsignedInt(data.getShort());
        }
      }
      case UINT32 -> {
        for (int i = 0; i < count; i++) {
          target[i] = Integer.toUnsignedLong(data.getInt());
        }
      }
      case UINT64 -> {
        for (int i = 0; i < count; i++) {
          target[i] = unsignedToDouble(data.getLong());
        }
      }
      default -> throw new IllegalArgumentException("dtype: " + dtype + " (expected: unsigned)");
    }
  }

  /** {@return the nearest double} */
  static double unsignedToDouble(long bits) {
    if (bits >= 0) {
      return bits;
    }
    // Halved it is not negative; the lowest bit stays, for rounding.
    return ((bits >>> 1) | (bits & 1)) * 2.0;
  }
}
