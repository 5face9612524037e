// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The decoder of the image servers, which is not public, on its own. */
public final class Decoding {
  private static final int LEAST_HALF = 101;

  private final ImageDecoder decoder;

  /** Makes a decoder. */
  public Decoding(DecodeOptions options) {
    decoder = ImageDecoder.of(options);
  }

  /** {@return the image files of one pass} */
  public static List<byte[]> files(SampleSource source) throws InterruptedException {
    List<byte[]> files = new ArrayList<>();
    try (SampleStream stream = source.openPass(0)) {
      for (EncodedSample sample = stream.next(); sample != null; sample = stream.next()) {
        files.add(sample.image());
      }
    }
    return files;
  }

  /** {@return whether a file is JPEG and progressive} */
  public static boolean isProgressive(byte[] file) {
    JpegHead head = JpegHead.of(file);
    return head != null && head.frame() == JpegHead.PROGRESSIVE;
  }

  /** {@return the pixels of an image file, three bytes each} */
  public byte[] decode(byte[] file) throws IOException {
    return decoder.decode(file).pixels();
  }

  /** libturbojpeg on its own. Used by one thread. */
  public interface Library {
    /** {@return the pixels in RGB, of the whole image or of half in each direction} */
    byte[] decode(byte[] file, boolean half) throws IOException;
  }

  /**
   * Finds libturbojpeg.
   *
   * @throws IllegalStateException if the system has none
   */
  public static Library turboJpeg() {
    TurboJpeg turboJpeg = TurboJpeg.create();
    if (turboJpeg == null) {
      throw new IllegalStateException("no libturbojpeg");
    }
    Pixels pixels = new Pixels();
    return (file, half) -> {
      // The photographs' shorter sides have 200 to 400 pixels: half of that, and no less.
      if (!turboJpeg.read(file, half ? LEAST_HALF : 0, pixels)) {
        throw new IOException("not decoded");
      }
      return pixels.bytes();
    };
  }
}
