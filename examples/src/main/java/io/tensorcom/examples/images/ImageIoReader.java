// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Decodes what ImageIO can: PNG, JPEG and, by a plugin, PPM. */
final class ImageIoReader {
  static final long MOST_PIXELS = 100_000_000;

  static {
    // Everything is in memory already; a cache would be files on disk.
    ImageIO.setUseCache(false);
  }

  private ImageIoReader() {}

  /**
   * Decodes an image file.
   *
   * @throws IOException if it is not an image, or has more than 100 million pixels
   */
  static void read(byte[] file, Pixels pixels) throws IOException {
    BufferedImage image = read(file);
    int width = image.getWidth();
    int height = image.getHeight();
    ColorModel colors = image.getColorModel();
    if (image.getType() == BufferedImage.TYPE_3BYTE_BGR
        && image.getRaster().getDataBuffer() instanceof DataBufferByte data
        && data.getData().length == 3L * width * height) {
      pixels.take(width, height, data.getData());
    } else if (colors.getNumColorComponents() == 1 && !(colors instanceof IndexColorModel)) {
      gray(image.getRaster(), colors.getComponentSize(0), pixels.prepare(width, height));
    } else {
      convert(image, pixels.prepare(width, height));
    }
  }

  private static BufferedImage read(byte[] file) throws IOException {
    try (ImageInputStream input = ImageIO.createImageInputStream(new ByteArrayInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(input);
      if (!readers.hasNext()) {
        throw new IOException("not a PNG, JPEG or PPM image");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(input, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MOST_PIXELS) {
          throw new IOException(
              "too large: pixels=" + pixels + " (expected: <= " + MOST_PIXELS + ")");
        }
        return reader.read(0);
      } catch (RuntimeException e) {
        // Readers throw all sorts of things at broken files.
        throw new IOException("broken image: " + e, e);
      } finally {
        reader.dispose();
      }
    }
  }

  /** Gray as it is stored: Java's own conversion would apply a gamma that the file has not. */
  private static void gray(Raster raster, int bits, byte[] rgb) {
    int width = raster.getWidth();
    int[] row = new int[width];
    int most = (1 << bits) - 1;
    for (int y = 0, i = 0; y < raster.getHeight(); y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
      for (int x = 0; x < width; x++, i += 3) {
        byte value = (byte) (bits == 8 ? row[x] : row[x] * 255 / most);
        rgb[i] = value;
        rgb[i + 1] = value;
        rgb[i + 2] = value;
      }
    }
  }

  private static void convert(BufferedImage image, byte[] rgb) {
    int width = image.getWidth();
    int[] row = new int[width];
    for (int y = 0, i = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int x = 0; x < width; x++, i += 3) {
        rgb[i] = (byte) (row[x] >> 16);
        rgb[i + 1] = (byte) (row[x] >> 8);
        rgb[i + 2] = (byte) row[x];
      }
    }
  }
}
