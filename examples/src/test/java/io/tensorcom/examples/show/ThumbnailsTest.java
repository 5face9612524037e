// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class ThumbnailsTest {
  private static final int IMAGES = 2;
  private static final int HEIGHT = 6;
  private static final int WIDTH = 5;

  /** The letters of a layout, N only if it is a batch; C is 1 where the letter is missing. */
  enum Layout {
    NHWC("NHWC", 3, true),
    NHWC4("NHWC", 4, true),
    NHWC1("NHWC", 1, false),
    NCHW("NCHW", 3, true),
    NCHW4("NCHW", 4, true),
    NCHW1("NCHW", 1, false),
    NHW("NHW", 1, false),
    HWC("HWC", 3, true),
    CHW("CHW", 3, true),
    HW("HW", 1, false);

    final String letters;
    final int channels;
    final boolean color;

    Layout(String letters, int channels, boolean color) {
      this.letters = letters;
      this.channels = channels;
      this.color = color;
    }

    int size(char letter) {
      return switch (letter) {
        case 'N' -> IMAGES;
        case 'H' -> HEIGHT;
        case 'W' -> WIDTH;
        default -> channels;
      };
    }

    long[] shape() {
      return letters.chars().mapToLong(letter -> size((char) letter)).toArray();
    }

    /** The pixels in the order of the letters. */
    double[] values(java.util.function.ToDoubleFunction<int[]> pixel) {
      int total = (int) Arrays.stream(shape()).reduce(1, (a, b) -> a * b);
      return IntStream.range(0, total)
          .mapToDouble(
              i -> {
                int[] nhwc = new int[4];
                int rest = i;
                for (int at = letters.length() - 1; at >= 0; at--) {
                  char letter = letters.charAt(at);
                  nhwc["NHWC".indexOf(letter)] = rest % size(letter);
                  rest /= size(letter);
                }
                return pixel.applyAsDouble(nhwc);
              })
          .toArray();
    }
  }

  /** A byte that is another one for each element. */
  private static int level(int image, int row, int column, int channel) {
    return 100 * image + 16 * row + 3 * column + 23 * channel;
  }

  private static Picture paint(Tensor tensor, boolean unbatched, int image, int cell) {
    ImageLayout layout = Objects.requireNonNull(ImageLayout.of(tensor, unbatched));
    Thumbnails thumbnails = new Thumbnails(tensor, layout, cell);
    Picture picture = new Picture(thumbnails.width() + 2, thumbnails.height() + 1, 0x123456);
    thumbnails.paint(image, picture, 2, 1);
    return picture;
  }

  static Stream<Arguments> layoutsAndTypes() {
    return Stream.of(Layout.values())
        .flatMap(
            layout ->
                Stream.of(DType.UINT8, DType.FLOAT32, DType.FLOAT64)
                    .map(dtype -> Arguments.of(layout, dtype)));
  }

  @ParameterizedTest
  @MethodSource("layoutsAndTypes")
  void shouldShowEveryPixelWhenTheLayoutIsOneOfPythons(Layout layout, DType dtype) {
    double one = dtype == DType.UINT8 ? 1 : 1.0 / 255;
    Tensor tensor =
        Tensors.of(dtype, layout.shape(), layout.values(i -> one * level(i[0], i[1], i[2], i[3])));
    boolean unbatched = !layout.letters.startsWith("N");
    for (int image = 0; image < (unbatched ? 1 : IMAGES); image++) {
      Picture picture = paint(tensor, unbatched, image, HEIGHT);
      assertThat(picture.width()).isEqualTo(WIDTH + 2);
      assertThat(picture.height()).isEqualTo(HEIGHT + 1);
      for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
          int red = level(image, y, x, 0);
          int rgb = red << 16 | level(image, y, x, 1) << 8 | level(image, y, x, 2);
          assertThat(picture.get(x + 2, y + 1))
              .as("image %s, row %s, column %s", image, y, x)
              .isEqualTo(layout.color ? rgb : red * 0x010101);
        }
      }
      assertThat(picture.get(1, 1)).isEqualTo(0x123456);
      assertThat(picture.get(2, 0)).isEqualTo(0x123456);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT32", "INT32", "UINT16"})
  void shouldSpreadFromLeastToGreatestWhenAnImageIsNotWithinZeroAndOne(DType dtype) {
    double low = dtype == DType.UINT16 ? 1000 : -2;
    Tensor tensor =
        Tensors.of(dtype, new long[] {2, 2, 2}, 0, 0, 1, 1, low, low + 100, low + 200, low + 400);
    // Each image by its own range.
    assertThat(paint(tensor, false, 0, 2).get(2, 2)).isEqualTo(0xffffff);
    Picture second = paint(tensor, false, 1, 2);
    assertThat(second.get(2, 1)).isZero();
    assertThat(second.get(3, 1)).isEqualTo(64 * 0x010101);
    assertThat(second.get(2, 2)).isEqualTo(128 * 0x010101);
    assertThat(second.get(3, 2)).isEqualTo(0xffffff);
  }

  @Test
  void shouldTakeMeansWhenAnImageIsLargerThanItsCell() {
    double[] values = new double[8 * 6];
    Arrays.setAll(values, i -> i / 6 < 4 ? (i % 2) * 100 : 200);
    Picture picture = paint(Tensors.of(DType.UINT8, new long[] {1, 8, 6}, values), false, 0, 4);
    assertThat(picture.height() - 1).isEqualTo(4);
    assertThat(picture.width() - 2).isEqualTo(3);
    assertThat(picture.get(2, 1)).isEqualTo(50 * 0x010101);
    assertThat(picture.get(4, 4)).isEqualTo(200 * 0x010101);
  }

  @Test
  void shouldTakeWhatThereIsWhenTheLastSquaresAreCut() {
    double[] values = {0, 0, 90, 0, 0, 90, 30, 30, 150};
    Picture picture = paint(Tensors.of(DType.UINT8, new long[] {1, 3, 3}, values), false, 0, 2);
    List<Integer> pixels = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      pixels.add(picture.get(2 + i % 2, 1 + i / 2) & 0xff);
    }
    assertThat(pixels).containsExactly(0, 90, 30, 150);
  }

  @Test
  void shouldMakeSquaresWhenAnImageIsSmallerThanItsCell() {
    Picture picture =
        paint(Tensors.of(DType.UINT8, new long[] {1, 2, 1, 3}, 1, 2, 3, 4, 5, 6), false, 0, 7);
    assertThat(picture.height() - 1).isEqualTo(6);
    assertThat(picture.width() - 2).isEqualTo(3);
    assertThat(picture.get(4, 3)).isEqualTo(0x010203);
    assertThat(picture.get(2, 4)).isEqualTo(0x040506);
  }

  @Test
  void shouldMarkAndClampWhenElementsAreNotNumbersOrInfinite() {
    Tensor tensor =
        Tensors.of(
            DType.FLOAT32,
            new long[] {1, 1, 4},
            Double.NaN,
            Double.NEGATIVE_INFINITY,
            Double.POSITIVE_INFINITY,
            0.2);
    Picture picture = paint(tensor, false, 0, 4);
    assertThat(picture.get(2, 1)).isEqualTo(Thumbnails.NOT_A_NUMBER);
    assertThat(picture.get(3, 1)).isZero();
    assertThat(picture.get(4, 1)).isEqualTo(0xffffff);
    assertThat(picture.get(5, 1)).isEqualTo(51 * 0x010101);
  }

  @Test
  void shouldBeBlackWhenAllOfAnImageIsOneNumberBeyondOne() {
    Tensor tensor = Tensors.of(DType.FLOAT32, new long[] {1, 1, 2}, 7, 7);
    assertThat(paint(tensor, false, 0, 2).get(2, 1)).isZero();
  }

  @Test
  void shouldLookAtFewElementsWhenAnImageIsHuge() {
    Tensor tensor = Tensors.zeros(DType.UINT8, 1, 1, 65_536);
    Picture picture = paint(tensor, false, 0, 8);
    assertThat(picture.width() - 2).isEqualTo(8);
    assertThat(picture.height() - 1).isEqualTo(1);
  }

  static Stream<long[]> shapesOfNoImages() {
    return Stream.of(
        new long[] {},
        new long[] {0},
        new long[] {7},
        new long[] {2, 3},
        new long[] {2, 8, 8, 2},
        new long[] {2, 8, 8, 5},
        new long[] {2, 3, 8, 8, 1},
        new long[] {1, 1, 65_537},
        new long[] {0, 8, 8, 3},
        new long[] {2, 0, 8, 3},
        new long[] {1L << 40, 0, 8, 3},
        new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1});
  }

  @ParameterizedTest
  @MethodSource("shapesOfNoImages")
  void shouldSeeNoImagesWhenAShapeHasNone(long[] shape) {
    Tensor tensor =
        Arrays.stream(shape).anyMatch(dim -> dim == 0)
            ? Tensors.of(DType.UINT8, shape)
            : Tensors.zeros(DType.UINT8, shape);
    assertThat(ImageLayout.of(tensor, false)).isNull();
  }
}
