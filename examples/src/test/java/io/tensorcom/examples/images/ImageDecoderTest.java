// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Pixels come out as they are stored: three channels, gray repeated, alpha dropped. */
final class ImageDecoderTest {
  private final ImageDecoder decoder = ImageDecoder.of(DecodeOptions.ofSize(0));

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private byte[] decoded(BufferedImage image) throws IOException {
    return decoder.decode(Archives.png(image)).pixels();
  }

  @Test
  void shouldKeepColorsWhenImageIsRgbOrHasAlphaOrAPalette() throws IOException {
    for (int type :
        new int[] {
          BufferedImage.TYPE_INT_RGB,
          BufferedImage.TYPE_3BYTE_BGR,
          BufferedImage.TYPE_INT_ARGB,
          BufferedImage.TYPE_4BYTE_ABGR
        }) {
      BufferedImage image = new BufferedImage(2, 1, type);
      image.setRGB(0, 0, 0xff010203);
      image.setRGB(1, 0, 0xfffefdfc);
      assertThat(decoded(image)).containsExactly(bytes(1, 2, 3, 254, 253, 252));
    }
    BufferedImage palette = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_INDEXED);
    palette.setRGB(0, 0, 0xffff0000);
    palette.setRGB(1, 0, 0xff0000ff);
    assertThat(decoded(palette)).containsExactly(bytes(255, 0, 0, 0, 0, 255));
  }

  @Test
  void shouldDropAlphaWhenPixelIsTransparent() throws IOException {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x10406080);

    assertThat(decoded(image)).containsExactly(bytes(0x40, 0x60, 0x80));
  }

  @Test
  void shouldRepeatTheStoredValueWhenImageIsGray() throws IOException {
    BufferedImage gray = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
    BufferedImage deep = new BufferedImage(256, 1, BufferedImage.TYPE_USHORT_GRAY);
    for (int x = 0; x < 256; x++) {
      gray.getRaster().setSample(x, 0, 0, x);
      deep.getRaster().setSample(x, 0, 0, x * 257);
    }
    byte[] from8 = decoded(gray);
    byte[] from16 = decoded(deep);

    for (int x = 0; x < 256; x++) {
      assertThat(from8[3 * x]).isEqualTo((byte) x);
      assertThat(from8[3 * x + 2]).isEqualTo((byte) x);
      assertThat(from16[3 * x + 1]).isEqualTo((byte) x);
    }
  }

  @Test
  void shouldReadPpmWhenItIsBinary() throws IOException {
    byte[] header = "P6\n# a comment\n2 1\n255\n".getBytes(StandardCharsets.US_ASCII);
    byte[] file = Arrays.copyOf(header, header.length + 6);
    System.arraycopy(bytes(1, 2, 3, 253, 254, 255), 0, file, header.length, 6);

    RgbImage image = decoder.decode(file);

    assertThat(image.width()).isEqualTo(2);
    assertThat(image.pixels()).containsExactly(bytes(1, 2, 3, 253, 254, 255));
  }

  @Test
  void shouldRefuseWhenImageClaimsTooManyPixels() {
    byte[] png = Archives.plain(1, 1, 0);
    png[16] = 0x7f; // the width of the header chunk
    png[20] = 0x7f; // the height

    assertThatThrownBy(() -> decoder.decode(png)).isInstanceOf(IOException.class);
  }

  @Test
  void shouldCropTheMiddleWhenImageIsNotSquare() throws IOException {
    BufferedImage wide = new BufferedImage(300, 100, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 100; y++) {
      for (int x = 0; x < 300; x++) {
        wide.setRGB(x, y, x >= 100 && x < 200 ? 0x00ff00 : 0xff0000);
      }
    }
    RgbImage image = ImageDecoder.of(DecodeOptions.ofSize(50)).decode(Archives.png(wide));

    assertThat(image.width()).isEqualTo(50);
    assertThat(image.height()).isEqualTo(50);
    int middle = (25 * 50 + 25) * 3;
    assertThat(image.pixels()[middle]).isZero();
    assertThat(image.pixels()[middle + 1]).isEqualTo((byte) 255);
    int edge = (25 * 50 + 2) * 3;
    assertThat(image.pixels()[edge + 1]).isEqualTo((byte) 255);
  }

  @Test
  void shouldDropAlphaWhenScaledAndWhenNot() throws IOException {
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < 256; i++) {
      image.setRGB(i % 16, i / 16, 0x40FF8000);
    }
    byte[] png = Archives.png(image);

    for (int size : new int[] {0, 8}) {
      byte[] pixels = ImageDecoder.of(DecodeOptions.ofSize(size)).decode(png).pixels();
      assertThat(Arrays.copyOf(pixels, 3)).containsExactly((byte) 255, (byte) 128, (byte) 0);
    }
  }
}
