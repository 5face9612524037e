// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.images;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * ImageIO's readers of JPEG, by whose they are: TwelveMonkeys is on the class path and puts itself
 * before the JDK's, so that {@code ImageIO.read} is not the JDK's.
 */
final class JpegReaders {
  static final String JDK = "com.sun.";
  static final String TWELVE_MONKEYS = "com.twelvemonkeys.";

  private JpegReaders() {}

  /** {@return the reader whose class has a name that begins so} */
  static ImageReader of(String prefix) {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getName().startsWith(prefix)) {
        return reader;
      }
    }
    throw new IllegalStateException("no reader: of=" + prefix);
  }

  /**
   * Decodes a file.
   *
   * @param step 1 for all pixels, 2 for each second in both directions
   */
  static BufferedImage read(ImageReader reader, byte[] file, int step) throws IOException {
    try (ImageInputStream input = ImageIO.createImageInputStream(new ByteArrayInputStream(file))) {
      reader.setInput(input, true, true);
      ImageReadParam how = reader.getDefaultReadParam();
      how.setSourceSubsampling(step, step, 0, 0);
      return reader.read(0, how);
    }
  }
}
