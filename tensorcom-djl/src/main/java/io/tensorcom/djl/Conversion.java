// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * What is done with each array after it came, on its device, by the engine. Immutable.
 *
 * @param channelsFirst whether (N, H, W, C) becomes (N, C, H, W) where C is 3 or 4
 * @param widen whether float16 and float64 become float32, and 16- to 64-bit integers int64
 * @param scale data of images is multiplied by this as float32; 1 leaves it alone
 * @param mean per channel, subtracted from the data of images after scaling; empty for none
 * @param std per channel, by which they are divided after that; empty for none
 */
record Conversion(
    boolean channelsFirst, boolean widen, float scale, List<Float> mean, List<Float> std) {
  static final Conversion NONE = new Conversion(false, false, 1, List.of(), List.of());

  /** {@return the converted array, in the same manager; what it was made from may be closed} */
  NDArray apply(NDArray array, boolean isData) {
    NDManager manager = array.getManager();
    boolean image = hasChannelsLast(array.getShape());
    NDArray result = widen ? widened(array) : array;
    if (image && isData && changesValues()) {
      result = normalized(result);
    }
    if (image && channelsFirst) {
      result = replace(result, result.transpose(0, 3, 1, 2));
    }
    // An engine may leave it to another one, whose arrays are none of its own.
    return manager.from(result);
  }

  private static boolean hasChannelsLast(Shape shape) {
    return shape.dimension() == 4 && (shape.get(3) == 3 || shape.get(3) == 4);
  }

  private boolean changesValues() {
    return scale != 1 || !mean.isEmpty() || !std.isEmpty();
  }

  private static NDArray widened(NDArray array) {
    return switch (array.getDataType()) {
      case FLOAT16, FLOAT64 -> replace(array, array.toType(DataType.FLOAT32, true));
      case INT16, INT32, UINT16, UINT32, UINT64 ->
          replace(array, array.toType(DataType.INT64, true));
      default -> array;
    };
  }

  private NDArray normalized(NDArray array) {
    NDArray values = replace(array, array.toType(DataType.FLOAT32, true));
    if (scale != 1) {
      values.muli(scale);
    }
    NDManager manager = values.getManager();
    if (!mean.isEmpty()) {
      try (NDArray each = channels(manager, mean)) {
        values.subi(each);
      }
    }
    if (!std.isEmpty()) {
      try (NDArray each = channels(manager, std)) {
        values.divi(each);
      }
    }
    return values;
  }

  private static NDArray channels(NDManager manager, List<Float> values) {
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return manager.create(array);
  }

  /** A transposed view shares storage, which the engine counts; so the original can go. */
  private static NDArray replace(NDArray before, NDArray after) {
    if (before != after) {
      before.close();
    }
    return after;
  }
}
