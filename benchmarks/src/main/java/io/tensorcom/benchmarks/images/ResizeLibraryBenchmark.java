// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.images;

import com.twelvemonkeys.image.ResampleOp;
import io.tensorcom.examples.images.Decoding;
import io.tensorcom.examples.images.ResizeFilter;
import io.tensorcom.examples.images.Resizing;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Scaling the middle square of the sample photographs (about 480 x 320; three of the eight are
 * progressive JPEG, of which nothing is left once they are decoded) with each library that could be
 * the server's, by one thread. Java 2D, the baseline, looks at four pixels for each of the
 * target's, and leaves others out; the others weigh all.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ResizeLibraryBenchmark {
  /** Scales one image. */
  private interface Scaler {
    byte[] scale(int index) throws ReflectiveOperationException;
  }

  /** Pixels of each side after scaling. */
  @Param("224")
  public int size = 224;

  /** {@code opencv} needs {@code org.openpnp:opencv} on the class path. */
  @Param({"java2d", "twelvemonkeys", "triangle", "area"})
  public String resizer = "java2d";

  private final List<BufferedImage> images = new ArrayList<>();
  private Scaler scaler;
  private BufferedImage target;
  private int next;

  /** Decodes the photographs. */
  @Setup
  public void open() throws IOException, InterruptedException, ReflectiveOperationException {
    Photos photos = new Photos();
    for (byte[] file : Decoding.files(photos.source())) {
      BufferedImage decoded = ImageIO.read(new ByteArrayInputStream(file));
      images.add(draw(decoded, decoded.getWidth(), decoded.getHeight()));
    }
    photos.delete();
    target = new BufferedImage(size, size, BufferedImage.TYPE_3BYTE_BGR);
    scaler =
        switch (resizer) {
          case "java2d" -> this::scaleByJava2d;
          case "twelvemonkeys" -> this::scaleByTwelveMonkeys;
          case "triangle" -> ofOurs(new Resizing(size, ResizeFilter.TRIANGLE));
          case "area" -> ofOurs(new Resizing(size, ResizeFilter.AREA));
          case "opencv" -> ofOpenCv();
          default -> throw new IllegalArgumentException("resizer: " + resizer);
        };
    next = images.size() - 1;
    if (scale().length != size * size * 3) {
      throw new IllegalStateException("not all pixels: resizer=" + resizer);
    }
  }

  private static BufferedImage draw(BufferedImage image, int width, int height) {
    BufferedImage drawn = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    Graphics2D graphics = drawn.createGraphics();
    graphics.drawImage(image, 0, 0, width, height, null);
    graphics.dispose();
    return drawn;
  }

  private static byte[] bytes(BufferedImage image) {
    return ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
  }

  private static BufferedImage square(BufferedImage image) {
    int side = Math.min(image.getWidth(), image.getHeight());
    return image.getSubimage(
        (image.getWidth() - side) / 2, (image.getHeight() - side) / 2, side, side);
  }

  private byte[] scaleByJava2d(int index) {
    Graphics2D graphics = target.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(square(images.get(index)), 0, 0, size, size, null);
    graphics.dispose();
    return bytes(target);
  }

  private byte[] scaleByTwelveMonkeys(int index) {
    ResampleOp triangle = new ResampleOp(size, size, ResampleOp.FILTER_TRIANGLE);
    return bytes(triangle.filter(square(images.get(index)), target));
  }

  private Scaler ofOurs(Resizing ours) {
    return index -> {
      BufferedImage image = images.get(index);
      return ours.crop(image.getWidth(), image.getHeight(), bytes(image));
    };
  }

  private Scaler ofOpenCv() throws ReflectiveOperationException {
    OpenCvResize openCv = new OpenCvResize(size);
    for (BufferedImage image : images) {
      openCv.add(image.getWidth(), image.getHeight(), bytes(image));
    }
    return openCv::resize;
  }

  /** One image after the other. */
  @Benchmark
  public byte[] scale() throws ReflectiveOperationException {
    next = (next + 1) % images.size();
    return scaler.scale(next);
  }
}
