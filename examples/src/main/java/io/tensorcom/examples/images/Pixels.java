// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.util.Arrays;

/**
 * The image that a thread decodes just now: three bytes a pixel, row by row, in memory that is used
 * again for the next one.
 */
final class Pixels {
  private int width;
  private int height;
  private boolean bgr;
  private byte[] bytes = {};

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  /** {@return whether blue comes first} */
  boolean isBgr() {
    return bgr;
  }

  /** {@return what the last call of {@link #prepare} or {@link #take} gave; may be longer} */
  byte[] bytes() {
    return bytes;
  }

  private int size() {
    return Math.multiplyExact(Math.multiplyExact(width, height), 3);
  }

  /** {@return memory for an image in RGB, to be filled} */
  byte[] prepare(int ofWidth, int ofHeight) {
    width = ofWidth;
    height = ofHeight;
    bgr = false;
    if (bytes.length < size()) {
      bytes = new byte[size()];
    }
    return bytes;
  }

  /** Takes over an image in BGR; its bytes are lost with the next image. */
  void take(int ofWidth, int ofHeight, byte[] ofBgr) {
    width = ofWidth;
    height = ofHeight;
    bgr = true;
    bytes = ofBgr;
  }

  /** {@return a copy in RGB} */
  RgbImage copy() {
    byte[] rgb = Arrays.copyOf(bytes, size());
    if (bgr) {
      for (int i = 0; i < rgb.length; i += 3) {
        byte blue = rgb[i];
        rgb[i] = rgb[i + 2];
        rgb[i + 2] = blue;
      }
    }
    return new RgbImage(width, height, rgb);
  }
}
