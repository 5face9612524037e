// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The library of the system, if there is one, beside ImageIO. */
final class TurboJpegTest {
  private final SkipLog skips = new SkipLog(line -> {});

  @BeforeEach
  void requireLibrary() {
    assumeTrue(
        TurboJpeg.library() != null || System.getenv("TENSORCOM_REQUIRE_TURBOJPEG") != null,
        "no libturbojpeg");
  }

  private static ImageDecoder decoder(int size, boolean scaled, JpegLibrary jpeg) {
    return ImageDecoder.of(new DecodeOptions(size, ResizeFilter.TRIANGLE, scaled, jpeg));
  }

  private byte[] photo(int index) throws InterruptedException {
    List<Shard> shards = Shard.parse(Archives.DATA.resolve("photos/photos-000000.tar").toString());
    try (SampleStream stream = new ShardSource(shards, ServerPart.ALL, null, skips).openPass(0)) {
      for (int i = 0; i < index; i++) {
        assertThat(stream.next()).isNotNull();
      }
      EncodedSample sample = stream.next();
      assertThat(sample).isNotNull();
      return sample.image();
    }
  }

  private static TurboJpeg library() {
    return Objects.requireNonNull(TurboJpeg.create());
  }

  private static double meanDifference(RgbImage one, RgbImage other) {
    assertThat(one.width()).isEqualTo(other.width());
    assertThat(one.height()).isEqualTo(other.height());
    long sum = 0;
    for (int i = 0; i < one.pixels().length; i++) {
      sum += Math.abs((one.pixels()[i] & 0xff) - (other.pixels()[i] & 0xff));
    }
    return (double) sum / one.pixels().length;
  }

  @Test
  void shouldComeWithinOneGreyLevelOfImageIoWhenPhotosAreDecodedAndScaled() throws Exception {
    for (int size : new int[] {0, 96, 224}) {
      for (int i = 0; i < 8; i++) {
        byte[] file = photo(i);
        RgbImage ours = decoder(size, false, JpegLibrary.TURBOJPEG).decode(file);
        RgbImage reference = decoder(size, false, JpegLibrary.IMAGEIO).decode(file);

        assertThat(meanDifference(ours, reference)).as("photo %d, size %d", i, size).isLessThan(1);
      }
    }
  }

  @Test
  void shouldDecodeTheLibraryItselfWhenFileIsAPhoto() throws Exception {
    Pixels pixels = new Pixels();

    assertThat(library().read(photo(0), 0, pixels)).isTrue();

    assertThat(pixels.width()).isEqualTo(480);
    assertThat(pixels.height()).isEqualTo(320);
  }

  @Test
  void shouldDecodeAFractionThatIsLargeEnoughWhenAskedTo() throws Exception {
    Pixels pixels = new Pixels();

    assertThat(library().read(photo(0), 80, pixels)).isTrue();
    assertThat(pixels.width()).isEqualTo(120);
    assertThat(library().read(photo(0), 81, pixels)).isTrue();
    assertThat(pixels.width()).isEqualTo(240);

    RgbImage fast = decoder(80, true, JpegLibrary.TURBOJPEG).decode(photo(0));
    RgbImage whole = decoder(80, false, JpegLibrary.TURBOJPEG).decode(photo(0));
    assertThat(meanDifference(fast, whole)).isBetween(0.1, 8.0);
  }

  @Test
  void shouldLeaveToImageIoWhatItDoesNotDecode() throws Exception {
    ImageDecoder decoder = decoder(0, false, JpegLibrary.TURBOJPEG);
    byte[] file = photo(0);
    byte[] broken = Arrays.copyOf(file, 200);

    assertThat(decoder.decode(Archives.plain(3, 2, 0x102030)).pixels()).startsWith(16, 32, 48);
    assertThat(library().read(broken, 0, new Pixels())).isFalse();
    assertThat(library().read(Arrays.copyOf(file, file.length / 2), 0, new Pixels())).isFalse();
    assertThatThrownBy(() -> decoder.decode(broken)).isInstanceOf(IOException.class);
    assertThat(
            meanDifference(
                decoder.decode(file), decoder(0, false, JpegLibrary.IMAGEIO).decode(file)))
        .isLessThan(1);
  }
}
