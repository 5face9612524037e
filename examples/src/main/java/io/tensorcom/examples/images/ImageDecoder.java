// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Decodes PNG, JPEG and PPM to 8-bit RGB, always three channels: gray is repeated, alpha is
 * dropped, as the Python library's {@code rgb8} does. Thread-safe.
 */
final class ImageDecoder {
  /** What one thread decodes with. */
  private static final class Tools {
    private final Pixels pixels = new Pixels();
    private final Resizer resizer;
    private final @Nullable TurboJpeg turboJpeg;

    Tools(DecodeOptions options, JpegLibrary jpeg) {
      resizer = new Resizer(options.size(), options.filter());
      turboJpeg = jpeg == JpegLibrary.TURBOJPEG ? TurboJpeg.create() : null;
    }
  }

  // For as long as the process: what a thread decodes with stays in the thread, and passes are
  // many.
  private static final Map<DecodeOptions, ImageDecoder> ALL = new ConcurrentHashMap<>();

  private final DecodeOptions options;
  private final ThreadLocal<Tools> ofThread;

  /** {@return the decoder with these options, always the same} */
  static ImageDecoder of(DecodeOptions options) {
    return ALL.computeIfAbsent(options, ImageDecoder::new);
  }

  private ImageDecoder(DecodeOptions options) {
    this.options = options;
    JpegLibrary jpeg = options.jpeg().resolve();
    this.ofThread = ThreadLocal.withInitial(() -> new Tools(options, jpeg));
  }

  /**
   * Decodes an image file, and scales and crops it if the options say so.
   *
   * @throws IOException if it is not an image, or has more than 100 million pixels
   */
  RgbImage decode(byte[] file) throws IOException {
    read(file);
    return resize();
  }

  /** The first half of {@link #decode}: into the memory of this thread. */
  void read(byte[] file) throws IOException {
    Tools tools = ofThread.get();
    TurboJpeg turboJpeg = tools.turboJpeg;
    int shortest = options.scaled() ? options.size() : 0;
    if (turboJpeg == null || !turboJpeg.read(file, shortest, tools.pixels)) {
      ImageIoReader.read(file, tools.pixels);
    }
  }

  /** {@return the second half of {@link #decode}: what this thread has read, in its final size} */
  RgbImage resize() {
    Tools tools = ofThread.get();
    int size = options.size();
    return size == 0
        ? tools.pixels.copy()
        : new RgbImage(size, size, tools.resizer.crop(tools.pixels));
  }
}
