// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import io.tensorcom.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where the pixels of a tensor are, whatever its layout. Strides are in elements. Immutable.
 *
 * @param channels 1 for gray, or 3 or 4 of which the first three are red, green and blue
 */
record ImageLayout(
    int images,
    int height,
    int width,
    int channels,
    int imageStride,
    int rowStride,
    int columnStride,
    int channelStride) {
  private static final int LONGEST_SIDE = 1 << 16;

  /**
   * Finds out as the Python tensorshow does: an image has two dimensions, or three of which the
   * first or the last is 1, 3 or 4, and the first counts if both are. None has a side of more than
   * 65,536 pixels.
   *
   * @param unbatched whether the tensor is one image
   * @return null if these are not images
   */
  static @Nullable ImageLayout of(Tensor tensor, boolean unbatched) {
    if (tensor.elementCount() == 0) {
      return null;
    }
    ImageLayout layout = find(tensor, unbatched);
    return layout == null || Math.max(layout.height, layout.width) > LONGEST_SIDE ? null : layout;
  }

  private static @Nullable ImageLayout find(Tensor tensor, boolean unbatched) {
    // Of a tensor that is not empty every dimension is an int, and so is every product.
    int[] dims = Arrays.stream(tensor.shape()).mapToInt(Math::toIntExact).toArray();
    int images = 1;
    if (!unbatched && dims.length > 0) {
      images = dims[0];
      dims = Arrays.copyOfRange(dims, 1, dims.length);
    }
    int size = tensor.elementCount() / images;
    if (dims.length == 2) {
      return new ImageLayout(images, dims[0], dims[1], 1, size, dims[1], 1, 1);
    }
    if (dims.length != 3) {
      return null;
    }
    if (isColor(dims[0]) || dims[0] == 1) {
      int plane = dims[1] * dims[2];
      return new ImageLayout(images, dims[1], dims[2], dims[0], size, dims[2], 1, plane);
    }
    if (isColor(dims[2]) || dims[2] == 1) {
      int row = dims[1] * dims[2];
      return new ImageLayout(images, dims[0], dims[1], dims[2], size, row, dims[2], 1);
    }
    return null;
  }

  private static boolean isColor(int channels) {
    return channels == 3 || channels == 4;
  }

  /** {@return how many channels are shown} */
  int shownChannels() {
    return channels == 1 ? 1 : 3;
  }
}
