// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;

/** Which reader decodes a file, and who comes after it. */
final class ImageIoReaderTest {
  private static final String JDK = "com.sun.";
  private static final String TWELVE_MONKEYS = "com.twelvemonkeys.";
  private static final int SAMPLES = 8;

  private static byte[] photo() throws InterruptedException {
    return Archives.photos().get(0);
  }

  /** The same JPEG with a segment that comes first. */
  private static byte[] with(byte[] jpeg, int marker, byte[] content) {
    return ByteBuffer.allocate(jpeg.length + 4 + content.length)
        .put(jpeg, 0, 2)
        .put((byte) 0xff)
        .put((byte) marker)
        .putShort((short) (2 + content.length))
        .put(content)
        .put(jpeg, 2, jpeg.length - 2)
        .array();
  }

  /** Adobe's segment, which says that colors were not transformed. */
  private static byte[] withAdobe(byte[] jpeg) {
    byte[] content = Arrays.copyOf("Adobe".getBytes(StandardCharsets.US_ASCII), 12);
    content[6] = 100;
    return with(jpeg, 0xee, content);
  }

  private static RgbImage decode(byte[] file) throws IOException {
    Pixels pixels = new Pixels();
    ImageIoReader.read(file, pixels);
    return pixels.copy();
  }

  private static List<String> readers(byte[] file) throws IOException {
    return ImageIoReader.providers(file).stream().map(each -> each.getClass().getName()).toList();
  }

  /** A JPEG of four components that are 255 everywhere: no ink, as Adobe stores it. */
  private static byte[] cmyk() throws IOException {
    WritableRaster raster =
        Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, SAMPLES, SAMPLES, 4, null);
    int[] full = new int[SAMPLES * SAMPLES * 4];
    Arrays.fill(full, 255);
    raster.setPixels(0, 0, SAMPLES, SAMPLES, full);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName("jpeg");
    while (writers.hasNext()) {
      ImageWriter writer = writers.next();
      if (writer.getClass().getName().startsWith(JDK)) {
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
          writer.setOutput(out);
          writer.write(null, new IIOImage(raster, null, null), null);
        }
      }
      writer.dispose();
    }
    return withAdobe(bytes.toByteArray());
  }

  @Test
  void shouldTryTheReaderOfTheJdkFirstWhenJpegIsPlain() throws Exception {
    List<String> readers = readers(photo());

    assertThat(readers).hasSize(2);
    assertThat(readers.get(0)).startsWith(JDK);
    assertThat(readers.get(1)).startsWith(TWELVE_MONKEYS);
  }

  @Test
  void shouldLeaveJpegToTwelveMonkeysWhenItHasAProfileOrFourComponents() throws Exception {
    byte[] profile = "ICC_PROFILE\0\1\1".getBytes(StandardCharsets.US_ASCII);

    assertThat(readers(with(photo(), 0xe2, profile)).get(0)).startsWith(TWELVE_MONKEYS);
    assertThat(readers(cmyk()).get(0)).startsWith(TWELVE_MONKEYS);
  }

  @Test
  void shouldDecodeToRgbWhenJpegIsCmyk() throws Exception {
    RgbImage image = decode(cmyk());

    assertThat(image.width()).isEqualTo(SAMPLES);
    for (byte value : image.pixels()) {
      assertThat(value & 0xff).isGreaterThan(250);
    }
  }

  @Test
  void shouldRefuseAtOnceWhenJpegIsTooLarge() throws Exception {
    byte[] jpeg = photo();
    int frame = 0;
    while (jpeg[frame] != (byte) 0xff || jpeg[frame + 1] != (byte) 0xc0) {
      frame++;
    }
    ByteBuffer.wrap(jpeg).putShort(frame + 5, (short) 20_000).putShort(frame + 7, (short) 20_000);

    assertThatThrownBy(() -> decode(jpeg))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("too large: pixels=400000000")
        .hasNoSuppressedExceptions();
  }

  @Test
  void shouldTellBothRefusalsWhenNoReaderDecodesTheFile() throws Exception {
    byte[] cut = Arrays.copyOf(photo(), 200);

    assertThatThrownBy(() -> decode(cut))
        .isInstanceOf(IOException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThatThrownBy(() -> decode(new byte[] {1, 2, 3}))
        .isInstanceOf(IOException.class)
        .hasMessage("not a PNG, JPEG or PPM image");
  }

  @Test
  void shouldTellBaselineFromProgressiveWhenFilesAreThePhotos() throws Exception {
    List<Boolean> progressive = new ArrayList<>();
    for (byte[] file : Archives.photos()) {
      JpegHead head = JpegHead.of(file);
      progressive.add(head != null && head.frame() == JpegHead.PROGRESSIVE);
    }

    assertThat(progressive).containsExactly(false, true, false, true, false, false, true, false);
  }
}
