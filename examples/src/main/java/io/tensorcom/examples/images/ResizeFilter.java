// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

/** How pixels are weighed when an image is made smaller. Enlarging is bilinear with both. */
public enum ResizeFilter {
  /** A triangle over two target pixels: Pillow's {@code BILINEAR}, which torchvision uses. */
  TRIANGLE,

  /** The area that a target pixel covers: OpenCV's {@code INTER_AREA}. */
  AREA;

  /** How far from the centre of a target pixel source pixels count, in source pixels. */
  double reach(double scale) {
    return this == AREA && scale > 1 ? scale / 2 + 0.5 : Math.max(1, scale);
  }

  /** The weight of a source pixel whose centre is so far from that of the target pixel. */
  double weight(double distance, double scale) {
    double far = Math.abs(distance);
    return this == AREA && scale > 1
        ? Math.max(0, Math.min(1, scale / 2 + 0.5 - far))
        : Math.max(0, 1 - far / Math.max(1, scale));
  }
}
