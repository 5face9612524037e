// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.List;

/**
 * Makes float32 of images: {@code (x * scale - mean) / std}. Immutable.
 *
 * @param mean per channel or one for all, of scaled values; empty for 0
 * @param std per channel or one for all, of scaled values; empty for 1
 */
record Normalization(float scale, List<Float> mean, List<Float> std) {
  /** Checks what could not be seen in the numbers that come out. */
  Normalization {
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

  /** {@return how many channels images must have; 0 or 1 for any number} */
  int channels() {
    return Math.max(mean.size(), std.size());
  }

  /**
   * {@return an array of its own, in the same manager}: labels may be made of the same tensor, so
   * nothing is done in place in what came.
   *
   * @param images whose last dimension is the channels
   */
  NDArray apply(NDArray images) {
    boolean isFloat = images.getDataType() == DataType.FLOAT32;
    NDArray values = isFloat ? images.mul(scale) : images.toType(DataType.FLOAT32, true);
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
}
