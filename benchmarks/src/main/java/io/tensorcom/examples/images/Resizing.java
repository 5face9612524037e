// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

/** The resizer of the image servers, which is not public, on its own. Used by one thread. */
public final class Resizing {
  private final Resizer resizer;
  private final Pixels pixels = new Pixels();

  /**
   * Makes a resizer.
   *
   * @param size pixels of each side of what it makes
   */
  public Resizing(int size, ResizeFilter filter) {
    resizer = new Resizer(size, filter);
  }

  /** {@return the middle square of an image in BGR, scaled, in RGB} */
  public byte[] crop(int width, int height, byte[] bgr) {
    pixels.take(width, height, bgr);
    return resizer.crop(pixels);
  }
}
