// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

/**
 * How images are decoded. Immutable.
 *
 * @param size pixels to scale and crop both sides to; 0 leaves images alone
 * @param filter how they are scaled
 * @param scaled whether a JPEG may be decoded to 1/2, 1/4 or 1/8 first, where that is still large
 *     enough and the library can: faster, and not quite the same pixels
 * @param jpeg what decodes JPEG
 */
public record DecodeOptions(int size, ResizeFilter filter, boolean scaled, JpegLibrary jpeg) {
  /** {@return options for images of this size; 0 leaves them alone} */
  public static DecodeOptions ofSize(int size) {
    return new DecodeOptions(size, ResizeFilter.TRIANGLE, false, JpegLibrary.AUTO);
  }
}
