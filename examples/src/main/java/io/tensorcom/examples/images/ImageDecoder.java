// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
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

/**
 * Decodes PNG, JPEG and PPM to 8-bit RGB, always three channels: gray is repeated, alpha is
 * dropped, as the Python library's {@code rgb8} does. Thread-safe.
 */
final class ImageDecoder {
  private static final long MOST_PIXELS = 100_000_000;

  static {
    // Everything is in memory already; a cache would be files on disk.
    ImageIO.setUseCache(false);
  }

  private final int size;

  /** Makes a decoder that scales and crops to size x size, or leaves images alone if it is 0. */
  ImageDecoder(int size) {
    this.size = size;
  }

  /**
   * Decodes an image file.
   *
   * @throws IOException if it is not an image, or has more than 100 million pixels
   */
  RgbImage decode(byte[] file) throws IOException {
    BufferedImage image = read(file);
    return rgb(size == 0 ? image : crop(image));
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

  /** Scales the shorter side to the size, halving first so that no pixel is left out, and crops. */
  private BufferedImage crop(BufferedImage image) {
    BufferedImage current = image;
    while (Math.min(current.getWidth(), current.getHeight()) >= 2 * size) {
      current =
          draw(
              current,
              current.getWidth() / 2,
              current.getHeight() / 2,
              0,
              0,
              current.getWidth() / 2,
              current.getHeight() / 2);
    }
    double scale = size / (double) Math.min(current.getWidth(), current.getHeight());
    int width = Math.max(size, (int) Math.round(current.getWidth() * scale));
    int height = Math.max(size, (int) Math.round(current.getHeight() * scale));
    return draw(current, size, size, (size - width) / 2, (size - height) / 2, width, height);
  }

  private static BufferedImage draw(
      BufferedImage image, int canvasWidth, int canvasHeight, int x, int y, int width, int height) {
    BufferedImage canvas =
        new BufferedImage(canvasWidth, canvasHeight, BufferedImage.TYPE_3BYTE_BGR);
    Graphics2D graphics = canvas.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(opaque(image), x, y, width, height, null);
    graphics.dispose();
    return canvas;
  }

  /** Alpha is dropped, as without scaling, and not blended. */
  private static BufferedImage opaque(BufferedImage image) {
    if (!image.getColorModel().hasAlpha()) {
      return image;
    }
    int width = image.getWidth();
    int height = image.getHeight();
    BufferedImage copy = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    copy.setRGB(0, 0, width, height, image.getRGB(0, 0, width, height, null, 0, width), 0, width);
    return copy;
  }

  private static RgbImage rgb(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] pixels = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
    ColorModel colors = image.getColorModel();
    if (image.getType() == BufferedImage.TYPE_3BYTE_BGR
        && image.getRaster().getDataBuffer() instanceof DataBufferByte data
        && data.getData().length == pixels.length) {
      swap(data.getData(), pixels);
    } else if (colors.getNumColorComponents() == 1 && !(colors instanceof IndexColorModel)) {
      gray(image.getRaster(), colors.getComponentSize(0), pixels);
    } else {
      convert(image, pixels);
    }
    return new RgbImage(width, height, pixels);
  }

  private static void swap(byte[] bgr, byte[] rgb) {
    for (int i = 0; i < rgb.length; i += 3) {
      rgb[i] = bgr[i + 2];
      rgb[i + 1] = bgr[i + 1];
      rgb[i + 2] = bgr[i];
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
