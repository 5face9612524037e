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
 * @param normalization what the data of images becomes; null to leave it alone
 */
record Conversion(boolean channelsFirst, boolean widen, @Nullable Normalization normalization) {
  static final Conversion NONE = new Conversion(false, false, null);

  /** {@return what is expected instead of data of these shapes; null if nothing is} */
  @Nullable String unfit(List<long[]> data) {
    if (normalization == null) {
      return null;
    }
    int values = normalization.channels();
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
    if (image && isData && normalization != null) {
      result = replace(result, normalization.apply(result));
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
    return widened || (isData && normalization != null && hasChannelsLast(shape));
  }

  private static boolean hasChannelsLast(Shape shape) {
    return shape.dimension() == 4 && (shape.get(3) == 3 || shape.get(3) == 4);
  }

  private static NDArray widened(NDArray array) {
    return switch (array.getDataType()) {
      case FLOAT16, FLOAT64 -> replace(array, array.toType(DataType.FLOAT32, true));
      case INT16, INT32, UINT16, UINT32, UINT64 ->
          replace(array, array.toType(DataType.INT64, true));
      default -> array;
    };
  }

  /** A transposed view shares storage, which the engine counts; so the original can go. */
  private static NDArray replace(NDArray before, NDArray after) {
    if (before != after) {
      before.close();
    }
    return after;
  }
}
