// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

final class PictureTest {
  @Test
  void shouldBeReadAsItWasPaintedWhenWrittenAsPng() throws IOException {
    Picture picture = new Picture(301, 200, 0x80ff01);
    for (int y = 0; y < 200; y++) {
      for (int x = 0; x < 300; x++) {
        picture.fill(x, y, 1, x * 0x010305 ^ y * 0x070301);
      }
    }
    BufferedImage read = ImageIO.read(new ByteArrayInputStream(picture.toPng()));
    assertThat(read.getWidth()).isEqualTo(301);
    assertThat(read.getHeight()).isEqualTo(200);
    for (int y = 0; y < 200; y++) {
      for (int x = 0; x < 301; x++) {
        int expected = x == 300 ? 0x80ff01 : (x * 0x010305 ^ y * 0x070301) & 0xffffff;
        assertThat(read.getRGB(x, y) & 0xffffff).as("%s, %s", x, y).isEqualTo(expected);
      }
    }
  }
}
