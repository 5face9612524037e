// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  /** Checks what could not be seen in the numbers that come out. */
  Conversion {
    int means = mean.size();
    int stds = std.size();
    if (!isPerChannel(means)
        || !isPerChannel(stds)
        || (means > 1 && stds > 1 && means != stds)
        || !Float.isFinite(scale)
        || !mean.stream().allMatch(Float::isFinite)
        || !std.stream().allMatch(each -> each > 0 && Float.isFinite(each))) {
      throw new IllegalArgumentException(
          "normalize: scale="
              + scale
              + ", mean="
              + mean
              + ", std="
              + std
              + " (expected: finite numbers, one for each of 3 or 4 channels or one for all, and"
              + " std > 0)");
    }
  }

  private static boolean isPerChannel(int values) {
    return values == 0 || values == 1 || values == 3 || values == 4;
  }

  /** {@return what is expected instead of data of these shapes; null if nothing is} */
  @Nullable String unfit(List<long[]> data) {
    if (!changesValues()) {
      return null;
    }
    int values = Math.max(mean.size(), std.size());
    String wanted = values > 1 ? "" + values : "3 or 4";
    List<Shape> images = data.stream().map(Shape::new).filter(Conversion::hasChannelsLast).toList();
    boolean other = values > 1 && images.stream().anyMatch(each -> each.get(3) != values);
    return images.isEmpty() || other
        ? "data of shape [n, height, width, " + wanted + "], for optNormalize"
        : null;
  }

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

  /** {@return whether the converted array has memory of its own for sure} */
  boolean copies(DataType type, Shape shape, boolean isData) {
    boolean widened =
        switch (type) {
          case FLOAT16, FLOAT64, INT16, INT32, UINT16, UINT32, UINT64 -> widen;
          default -> false;
        };
    return widened || (isData && changesValues() && hasChannelsLast(shape));
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
    boolean isFloat = array.getDataType() == DataType.FLOAT32;
    // Never in place in what came: labels may be made of the same tensor.
    NDArray values =
        replace(array, isFloat ? array.mul(scale) : array.toType(DataType.FLOAT32, true));
    if (scale != 1 && !isFloat) {
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
