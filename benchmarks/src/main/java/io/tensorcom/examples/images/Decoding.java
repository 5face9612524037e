// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The decoder of the image servers, which is not public, on its own. */
public final class Decoding {
  private final ImageDecoder decoder;

  /** Makes a decoder that scales and crops to size x size, or leaves images alone if it is 0. */
  public Decoding(int size) {
    decoder = new ImageDecoder(size);
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

  /** {@return the pixels of an image file, three bytes each} */
  public byte[] decode(byte[] file) throws IOException {
    return decoder.decode(file).pixels();
  }
}
