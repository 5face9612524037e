// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;

/**
 * Decodes what ImageIO can: PNG, JPEG and, by a plugin, PPM. Another plugin, TwelveMonkeys, reads
 * JPEGs that the JDK's own reader refuses, but is slower with those that both read.
 */
final class ImageIoReader {
  static final long MOST_PIXELS = 100_000_000;

  static {
    // Everything is in memory already; a cache would be files on disk.
    ImageIO.setUseCache(false);
  }

  /** An image that no reader is to decode. */
  private static final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1;

    TooLargeException(long pixels) {
      super("too large: pixels=" + pixels + " (expected: <= " + MOST_PIXELS + ")");
    }
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
    IOException refusal = null;
    for (ImageReaderSpi provider : providers(file)) {
      try {
        return read(provider, file);
      } catch (TooLargeException e) {
        throw e;
      } catch (IOException e) {
        if (refusal != null) {
          e.addSuppressed(refusal);
        }
        refusal = e;
      }
    }
    throw refusal == null ? new IOException("not a PNG, JPEG or PPM image") : refusal;
  }

  /**
   * {@return who may decode the file, in the order they are tried}
   *
   * <p>Of a plain JPEG the JDK's reader is the first. What has an ICC profile or four components
   * stays with TwelveMonkeys: the JDK's reader converts even from sRGB to sRGB, row by row, and
   * refuses CMYK or, in later JDKs, has colors of its own for it.
   */
  static List<ImageReaderSpi> providers(byte[] file) throws IOException {
    JpegHead head = JpegHead.of(file);
    boolean plain = head != null && head.isPlain();
    List<ImageReaderSpi> found = new ArrayList<>();
    try (ImageInputStream input = open(file)) {
      // Not by ImageIO.getImageReaders, which makes each reader before it tells whose it is.
      Iterator<ImageReaderSpi> all =
          IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, true);
      while (all.hasNext()) {
        ImageReaderSpi provider = all.next();
        if (canDecode(provider, input)) {
          boolean first = plain && provider.getClass().getName().startsWith("com.sun.imageio.");
          found.add(first ? 0 : found.size(), provider);
        }
      }
    }
    return found;
  }

  private static boolean canDecode(ImageReaderSpi provider, ImageInputStream input)
      throws IOException {
    input.seek(0);
    try {
      return provider.canDecodeInput(input);
    } catch (IOException e) {
      // Too short for what it looks at.
      return false;
    }
  }

  private static ImageInputStream open(byte[] file) throws IOException {
    return ImageIO.createImageInputStream(new ByteArrayInputStream(file));
  }

  private static BufferedImage read(ImageReaderSpi provider, byte[] file) throws IOException {
    try (ImageInputStream input = open(file)) {
      ImageReader reader = provider.createReaderInstance();
      try {
        reader.setInput(input, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MOST_PIXELS) {
          throw new TooLargeException(pixels);
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
