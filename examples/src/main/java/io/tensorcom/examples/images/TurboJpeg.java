// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes JPEG with libturbojpeg, if the system has it (Debian's package is {@code libturbojpeg0}).
 * What it does not decode without complaint is left to ImageIO. Used by one thread.
 */
final class TurboJpeg {
  private static final List<String> NAMES = List.of("turbojpeg", "libturbojpeg.so.0");

  private static final int RGB = 0; // TJPF_RGB
  private static final int FLAGS = 4096 | 8192; // TJFLAG_ACCURATEDCT, TJFLAG_STOPONWARNING
  private static final int LARGEST_FRACTION = 8;

  /** The library's functions, bound when this class is initialized. */
  private static final class Functions {
    static final @Nullable String NAME = bind();

    private Functions() {}

    private static @Nullable String bind() {
      for (String name : NAMES) {
        try {
          if (Native.POINTER_SIZE != Long.BYTES) {
            // An unsigned long is passed as a Java long below.
            return null;
          }
          NativeLibrary library = NativeLibrary.getInstance(name);
          Native.register(Functions.class, library);
          return library.getFile().getName();
        } catch (LinkageError e) {
          // Not there, or not under this name; or JNA cannot unpack its own part.
        }
      }
      return null;
    }

    static native long tjInitDecompress();

    static native int tjDestroy(long handle);

    static native int tjDecompressHeader3(
        long handle,
        ByteBuffer jpeg,
        long length,
        int[] width,
        int[] height,
        int[] subsampling,
        int[] colors);

    static native int tjDecompress2(
        long handle,
        ByteBuffer jpeg,
        long length,
        ByteBuffer pixels,
        int width,
        int pitch,
        int height,
        int format,
        int flags);
  }

  private ByteBuffer jpeg = ByteBuffer.allocateDirect(0);
  private ByteBuffer decoded = ByteBuffer.allocateDirect(0);
  private final int[] width = new int[1];
  private final int[] height = new int[1];
  private final int[] ignored = new int[1];

  private TurboJpeg() {}

  /** {@return the library's file, or null if there is none} */
  static @Nullable String library() {
    return Functions.NAME;
  }

  /** {@return a decoder, or null if there is no library} */
  static @Nullable TurboJpeg create() {
    return Functions.NAME == null ? null : new TurboJpeg();
  }

  /**
   * Decodes a JPEG file.
   *
   * @param shortest the image may be decoded to 1/2, 1/4 or 1/8 if its shorter side has so many
   *     pixels then; 0 decodes all of it
   * @return whether there is an image; if not, nothing is said about the file
   */
  boolean read(byte[] file, int shortest, Pixels pixels) {
    if (file.length < 3 || file[0] != (byte) 0xff || file[1] != (byte) 0xd8) {
      return false;
    }
    long handle = Functions.tjInitDecompress();
    if (handle == 0) {
      return false;
    }
    try {
      jpeg = atLeast(jpeg, file.length);
      jpeg.put(0, file);
      return decode(handle, file.length, shortest, pixels);
    } finally {
      Functions.tjDestroy(handle);
    }
  }

  private boolean decode(long handle, int length, int shortest, Pixels pixels) {
    if (Functions.tjDecompressHeader3(handle, jpeg, length, width, height, ignored, ignored) != 0
        || (long) width[0] * height[0] > ImageIoReader.MOST_PIXELS) {
      return false;
    }
    int fraction = fraction(shortest);
    int w = divided(width[0], fraction);
    int h = divided(height[0], fraction);
    int size = w * h * 3;
    decoded = atLeast(decoded, size);
    if (Functions.tjDecompress2(handle, jpeg, length, decoded, w, 0, h, RGB, FLAGS) != 0) {
      return false;
    }
    decoded.get(0, pixels.prepare(w, h), 0, size);
    return true;
  }

  private int fraction(int shortest) {
    int fraction = 1;
    int side = Math.min(width[0], height[0]);
    while (shortest > 0 && fraction < LARGEST_FRACTION && divided(side, 2 * fraction) >= shortest) {
      fraction *= 2;
    }
    return fraction;
  }

  private static int divided(int side, int fraction) {
    return (side + fraction - 1) / fraction;
  }

  private static ByteBuffer atLeast(ByteBuffer buffer, int size) {
    return buffer.capacity() >= size ? buffer : ByteBuffer.allocateDirect(size);
  }
}
