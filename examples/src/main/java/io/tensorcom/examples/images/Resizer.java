// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Crops the middle square of images and scales it. Several bytes are weighed at once, each in 16
 * bits of a long, which is what makes it fast. Used by one thread.
 */
final class Resizer {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int LONG_BYTES = 8;

  /** Every second byte. */
  private static final long EVEN = 0x00ff00ff00ff00ffL;

  /** One half in each 16 bits, for rounding. */
  private static final long HALF = 0x0080008000800080L;

  private final int size;
  private final ResizeFilter filter;
  private @Nullable ResizeWeights last;
  private int[] starts = {};
  private byte[] row = {};
  private long[] spread = {};

  Resizer(int size, ResizeFilter filter) {
    this.size = size;
    this.filter = filter;
  }

  /** {@return size x size pixels of RGB} */
  byte[] crop(Pixels image) {
    int side = Math.min(image.width(), image.height());
    ResizeWeights weights = weights(side);
    byte[] target = new byte[size * size * 3];
    int left = (image.width() - side) / 2;
    int top = (image.height() - side) / 2;
    for (int y = 0; y < size; y++) {
      for (int k = 0; k < starts.length; k++) {
        // Beyond the last row the weights are 0.
        int from = top + Math.min(weights.first(y) + k, side - 1);
        starts[k] = (from * image.width() + left) * 3;
      }
      makeRow(image.bytes(), side * 3, weights.weights(), y * starts.length);
      spreadRow(side);
      shrinkRow(weights, target, y * size * 3, image.isBgr());
    }
    return target;
  }

  private ResizeWeights weights(int side) {
    ResizeWeights known = last;
    if (known == null || !known.isFor(side, size)) {
      known = new ResizeWeights(side, size, filter);
      last = known;
      starts = new int[known.taps()];
      row = new byte[side * 3 + LONG_BYTES];
      spread = new long[side + known.taps()];
    }
    return known;
  }

  /** Puts rows of the image together to one of the target's, which is as wide as the image's. */
  private void makeRow(byte[] source, int length, int[] weight, int w) {
    int whole = length - length % LONG_BYTES;
    if (starts.length == ResizeWeights.FEWEST) {
      mixFour(source, whole, weight, w);
    } else {
      mix(source, whole, weight, w);
    }
    for (int x = whole; x < length; x++) {
      int sum = ResizeWeights.SUM / 2;
      for (int k = 0; k < starts.length; k++) {
        sum += (source[starts[k] + x] & 0xff) * weight[w + k];
      }
      row[x] = (byte) (sum >>> 8);
    }
  }

  private void mixFour(byte[] source, int length, int[] weight, int w) {
    int a = starts[0];
    int b = starts[1];
    int c = starts[2];
    int d = starts[3];
    long wa = weight[w];
    long wb = weight[w + 1];
    long wc = weight[w + 2];
    long wd = weight[w + 3];
    for (int x = 0; x < length; x += LONG_BYTES) {
      long pa = (long) LONG.get(source, a + x);
      long pb = (long) LONG.get(source, b + x);
      long pc = (long) LONG.get(source, c + x);
      long pd = (long) LONG.get(source, d + x);
      long even = HALF + (pa & EVEN) * wa + (pb & EVEN) * wb + (pc & EVEN) * wc + (pd & EVEN) * wd;
      long odd = HALF + ((pa >>> 8) & EVEN) * wa + ((pb >>> 8) & EVEN) * wb;
      odd += ((pc >>> 8) & EVEN) * wc + ((pd >>> 8) & EVEN) * wd;
      LONG.set(row, x, ((even >>> 8) & EVEN) | (odd & ~EVEN));
    }
  }

  private void mix(byte[] source, int length, int[] weight, int w) {
    for (int x = 0; x < length; x += LONG_BYTES) {
      long even = HALF;
      long odd = HALF;
      for (int k = 0; k < starts.length; k++) {
        long eight = (long) LONG.get(source, starts[k] + x);
        even += (eight & EVEN) * weight[w + k];
        odd += ((eight >>> 8) & EVEN) * weight[w + k];
      }
      LONG.set(row, x, ((even >>> 8) & EVEN) | (odd & ~EVEN));
    }
  }

  /** Gives each color of a pixel 16 bits. */
  private void spreadRow(int side) {
    for (int x = 0, from = 0; x < side; x++, from += 3) {
      long pixel = (long) LONG.get(row, from);
      spread[x] = (pixel & 0xff) | ((pixel & 0xff00) << 8) | ((pixel & 0xff0000) << 16);
    }
  }

  private void shrinkRow(ResizeWeights weights, byte[] target, int at, boolean bgr) {
    int[] weight = weights.weights();
    int taps = weights.taps();
    int red = bgr ? 40 : 8;
    int blue = bgr ? 8 : 40;
    for (int x = 0, to = at; x < size; x++, to += 3) {
      int from = weights.first(x);
      int w = x * taps;
      long sum = HALF + spread[from] * weight[w] + spread[from + 1] * weight[w + 1];
      sum += spread[from + 2] * weight[w + 2] + spread[from + 3] * weight[w + 3];
      for (int k = ResizeWeights.FEWEST; k < taps; k++) {
        sum += spread[from + k] * weight[w + k];
      }
      target[to] = (byte) (sum >>> red);
      target[to + 1] = (byte) (sum >>> 24);
      target[to + 2] = (byte) (sum >>> blue);
    }
  }
}
