// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.images;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;

/**
 * Scales with {@code org.openpnp:opencv}, {@code INTER_AREA}, from images that lie in its own
 * memory as its decoder leaves them. Called by its methods' names, see {@link OpenCvJpeg}.
 */
final class OpenCvResize {
  private static final int BYTES_OF_THREE = 16; // CvType.CV_8UC3
  private static final int INTER_AREA = 3; // Imgproc.INTER_AREA

  private final List<Object> squares = new ArrayList<>();
  private final Object target;
  private final Object size;
  private final Method resize;
  private final Method get;
  private final byte[] bgr;

  /** Loads the library. */
  OpenCvResize(int side) throws ReflectiveOperationException {
    Class.forName("nu.pattern.OpenCV").getMethod("loadLocally").invoke(null);
    Class.forName("org.opencv.core.Core").getMethod("setNumThreads", int.class).invoke(null, 1);
    Class<?> mat = Class.forName("org.opencv.core.Mat");
    Class<?> sizes = Class.forName("org.opencv.core.Size");
    target = mat.getConstructor().newInstance();
    size = sizes.getConstructor(double.class, double.class).newInstance(side, side);
    resize =
        Class.forName("org.opencv.imgproc.Imgproc")
            .getMethod("resize", mat, mat, sizes, double.class, double.class, int.class);
    get = mat.getMethod("get", int.class, int.class, byte[].class);
    bgr = new byte[side * side * 3];
  }

  /** Copies an image into the library's memory; the middle square of it is what is scaled. */
  void add(int width, int height, byte[] pixels) throws ReflectiveOperationException {
    Class<?> mat = target.getClass();
    Object image =
        mat.getConstructor(int.class, int.class, int.class)
            .newInstance(height, width, BYTES_OF_THREE);
    mat.getMethod("put", int.class, int.class, byte[].class).invoke(image, 0, 0, pixels);
    int side = Math.min(width, height);
    int left = (width - side) / 2;
    int top = (height - side) / 2;
    squares.add(
        mat.getMethod("submat", int.class, int.class, int.class, int.class)
            .invoke(image, top, top + side, left, left + side));
  }

  /** {@return the pixels of an image that was added, in BGR, valid until the next call} */
  byte[] resize(int index) throws ReflectiveOperationException {
    resize.invoke(null, squares.get(index), target, size, 0.0, 0.0, INTER_AREA);
    if ((int) get.invoke(target, 0, 0, bgr) != bgr.length) {
      throw new IllegalStateException("not all pixels: index=" + index);
    }
    return bgr;
  }
}
