// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.images;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/**
 * Decodes with {@code org.openpnp:opencv}, which is not among our dependencies: its jar has 110 MB.
 * It is called by its methods' names, and must be on the class path.
 */
final class OpenCvJpeg {
  static final int COLOR = 1; // Imgcodecs.IMREAD_COLOR
  static final int HALF = 17; // Imgcodecs.IMREAD_REDUCED_COLOR_2

  private final MethodHandle bytes;
  private final MethodHandle decode;
  private final MethodHandle total;
  private final MethodHandle get;
  private final MethodHandle release;
  private byte[] bgr = {};

  /** Loads the library. */
  OpenCvJpeg() throws ReflectiveOperationException {
    Class.forName("nu.pattern.OpenCV").getMethod("loadLocally").invoke(null);
    Class<?> mat = Class.forName("org.opencv.core.Mat");
    Class<?> matOfByte = Class.forName("org.opencv.core.MatOfByte");
    Class<?> codecs = Class.forName("org.opencv.imgcodecs.Imgcodecs");
    MethodHandles.Lookup lookup = MethodHandles.publicLookup();
    bytes =
        lookup
            .findConstructor(matOfByte, methodType(void.class, byte[].class))
            .asFixedArity()
            .asType(methodType(Object.class, byte[].class));
    decode =
        lookup
            .findStatic(codecs, "imdecode", methodType(mat, mat, int.class))
            .asType(methodType(Object.class, Object.class, int.class));
    total =
        lookup
            .findVirtual(mat, "total", methodType(long.class))
            .asType(methodType(long.class, Object.class));
    get =
        lookup
            .findVirtual(mat, "get", methodType(int.class, int.class, int.class, byte[].class))
            .asType(methodType(int.class, Object.class, int.class, int.class, byte[].class));
    release =
        lookup
            .findVirtual(mat, "release", methodType(void.class))
            .asType(methodType(void.class, Object.class));
  }

  /** {@return the pixels in BGR, valid until the next call} */
  byte[] decode(byte[] file, int flags) throws Throwable {
    Object encoded = (Object) bytes.invokeExact(file);
    Object image = (Object) decode.invokeExact(encoded, flags);
    int size = (int) (3 * (long) total.invokeExact(image));
    if (bgr.length != size) {
      bgr = new byte[size];
    }
    int got = (int) get.invokeExact(image, 0, 0, bgr);
    release.invokeExact(image);
    release.invokeExact(encoded);
    if (got != size || size == 0) {
      throw new IllegalStateException("decoded bytes: " + got + " (expected: " + size + ")");
    }
    return bgr;
  }
}
