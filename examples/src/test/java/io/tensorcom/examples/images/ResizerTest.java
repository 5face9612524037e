// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Scaling, beside the same sums in floating point, pixel by pixel. */
final class ResizerTest {
  private static final int BGR_OF_RGB = 2;

  private static Pixels noise(int width, int height, boolean bgr) {
    Pixels pixels = new Pixels();
    byte[] bytes = new byte[width * height * 3];
    new Random(width * 31L + height).nextBytes(bytes);
    if (bgr) {
      pixels.take(width, height, bytes);
    } else {
      System.arraycopy(bytes, 0, pixels.prepare(width, height), 0, bytes.length);
    }
    return pixels;
  }

  private static double[] weights(ResizeFilter filter, int from, int to, int target) {
    double scale = (double) from / to;
    double[] weights = new double[from];
    double sum = 0;
    for (int x = 0; x < from; x++) {
      weights[x] = filter.weight(x + 0.5 - (target + 0.5) * scale, scale);
      sum += weights[x];
    }
    for (int x = 0; x < from; x++) {
      weights[x] /= sum;
    }
    return weights;
  }

  /** One color of one target pixel. */
  private static double expected(
      Pixels image, int channel, double[] columns, double[] rows, int left, int top) {
    double sum = 0;
    for (int y = 0; y < rows.length; y++) {
      for (int x = 0; x < columns.length; x++) {
        int at = ((top + y) * image.width() + left + x) * 3 + channel;
        sum += rows[y] * columns[x] * (image.bytes()[at] & 0xff);
      }
    }
    return sum;
  }

  private static double meanDifference(Pixels image, int size, ResizeFilter filter) {
    byte[] scaled = new Resizer(size, filter).crop(image);
    int side = Math.min(image.width(), image.height());
    double sum = 0;
    for (int i = 0; i < scaled.length; i++) {
      int channel = i % 3;
      double value =
          expected(
              image,
              image.isBgr() ? BGR_OF_RGB - channel : channel,
              weights(filter, side, size, i / 3 % size),
              weights(filter, side, size, i / 3 / size),
              (image.width() - side) / 2,
              (image.height() - side) / 2);
      sum += Math.abs(value - (scaled[i] & 0xff));
    }
    return sum / scaled.length;
  }

  @Test
  void shouldComeWithinOneGreyLevelWhenScaledDownOrUpOrByMuch() {
    for (ResizeFilter filter : ResizeFilter.values()) {
      for (int[] widthHeightSize :
          new int[][] {
            {50, 37, 22}, {31, 64, 31}, {9, 7, 20}, {400, 600, 3}, {2, 1, 5}, {3, 3, 1}
          }) {
        Pixels image = noise(widthHeightSize[0], widthHeightSize[1], filter == ResizeFilter.AREA);

        assertThat(meanDifference(image, widthHeightSize[2], filter))
            .as("%s %s", filter, widthHeightSize)
            .isLessThan(1);
      }
    }
  }

  @Test
  void shouldKeepEachPixelWhenTheSizeIsThatOfTheImage() {
    Pixels image = noise(40, 40, false);

    assertThat(new Resizer(40, ResizeFilter.TRIANGLE).crop(image)).isEqualTo(image.copy().pixels());
  }

  @Test
  void shouldKeepBlackAndWhiteWhenScaled() {
    Pixels white = new Pixels();
    Arrays.fill(white.prepare(97, 61), (byte) 255);

    for (byte value : new Resizer(13, ResizeFilter.TRIANGLE).crop(white)) {
      assertThat(value).isEqualTo((byte) 255);
    }
  }
}
