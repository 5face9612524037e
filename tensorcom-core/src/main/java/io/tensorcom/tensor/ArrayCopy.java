// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import java.nio.ByteBuffer;

/** Copies primitive arrays into little-endian memory. */
final class ArrayCopy {
  private ArrayCopy() {}

  /** {@return the bytes of the array, once its element type is found to fit the dtype} */
  static long byteSize(Object array, DType dtype) {
    int elementSize;
    long length;
    if (array instanceof byte[] bytes) {
      return bytes.length;
    } else if (array instanceof short[] shorts) {
      elementSize = Short.BYTES;
      length = shorts.length;
    } else if (array instanceof int[] ints) {
      elementSize = Integer.BYTES;
      length = ints.length;
    } else if (array instanceof long[] longs) {
      elementSize = Long.BYTES;
      length = longs.length;
    } else if (array instanceof float[] floats) {
      elementSize = Float.BYTES;
      length = floats.length;
    } else if (array instanceof double[] doubles) {
      elementSize = Double.BYTES;
      length = doubles.length;
    } else {
      throw new IllegalArgumentException(
          "array: " + array.getClass().getSimpleName() + " (expected: an array of a primitive)");
    }
    boolean floating = array instanceof float[] || array instanceof double[];
    // Half floats have no primitive: their bits come as shorts.
    boolean wantsFloating = dtype.kind() == DType.Kind.FLOAT && dtype != DType.FLOAT16;
    if (elementSize != dtype.byteSize() || floating != wantsFloating) {
      throw new IllegalArgumentException(
          "array: "
              + array.getClass().getSimpleName()
              + " (expected: elements of dtype "
              + dtype.numpyName()
              + ")");
    }
    return length * elementSize;
  }

  static void copy(Object array, ByteBuffer target) {
    if (array instanceof byte[] bytes) {
      target.put(bytes);
    } else if (array instanceof short[] shorts) {
      target.asShortBuffer().put(shorts);
    } else if (array instanceof int[] ints) {
      target.asIntBuffer().put(ints);
    } else if (array instanceof long[] longs) {
      target.asLongBuffer().put(longs);
    } else if (array instanceof float[] floats) {
      target.asFloatBuffer().put(floats);
    } else {
      target.asDoubleBuffer().put((double[]) array);
    }
  }
}
