// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

/** A decoded image: 8-bit RGB, row by row. Immutable by convention: nobody writes to the bytes. */
final class RgbImage {
  private final int width;
  private final int height;
  private final byte[] pixels;

  RgbImage(int width, int height, byte[] pixels) {
    this.width = width;
    this.height = height;
    this.pixels = pixels;
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  /** {@return height x width x 3 bytes} */
  byte[] pixels() {
    return pixels;
  }
}
