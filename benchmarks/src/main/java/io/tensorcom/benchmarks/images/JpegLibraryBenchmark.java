// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.images;

import io.tensorcom.examples.images.Decoding;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
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
 * Decoding the sample photographs (JPEG, about 480 x 320) to rows of pixels with each library that
 * could be the server's, whole and to a half in each direction; by one thread, which uses its
 * memory again where the library allows it. Five of the eight are baseline and three progressive,
 * which is other work and has a result of its own. ImageIO, which here is the JDK's reader, and
 * TwelveMonkeys do not average when they make an image smaller: they leave pixels out.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class JpegLibraryBenchmark {
  /** Decodes one file. */
  private interface Decoder {
    byte[] decode(byte[] file, boolean half) throws Throwable;
  }

  /** {@code opencv} needs {@code org.openpnp:opencv} on the class path. */
  @Param({"imageio", "twelvemonkeys", "turbojpeg"})
  public String library = "imageio";

  /** Which of the photographs. */
  @Param({"baseline", "progressive"})
  public String coding = "baseline";

  private List<byte[]> files;
  private Decoder decoder;
  private int next;

  /** Reads the photographs. */
  @Setup
  public void open() throws IOException, InterruptedException, ReflectiveOperationException {
    files = Photos.files(coding);
    ImageIO.setUseCache(false);
    decoder =
        switch (library) {
          case "imageio" -> ofReader(JpegReaders.of(JpegReaders.JDK));
          case "twelvemonkeys" -> ofReader(JpegReaders.of(JpegReaders.TWELVE_MONKEYS));
          case "turbojpeg" -> Decoding.turboJpeg()::decode;
          case "opencv" -> ofOpenCv();
          default -> throw new IllegalArgumentException("library: " + library);
        };
  }

  private static Decoder ofOpenCv() throws ReflectiveOperationException {
    OpenCvJpeg openCv = new OpenCvJpeg();
    return (file, half) -> openCv.decode(file, half ? OpenCvJpeg.HALF : OpenCvJpeg.COLOR);
  }

  private static Decoder ofReader(ImageReader reader) {
    return (file, half) -> {
      BufferedImage image = JpegReaders.read(reader, file, half ? 2 : 1);
      return ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    };
  }

  private byte[] nextFile() {
    next = (next + 1) % files.size();
    return files.get(next);
  }

  /** All pixels. */
  @Benchmark
  public byte[] whole() throws Throwable {
    return decoder.decode(nextFile(), false);
  }

  /** Half as many in each direction. */
  @Benchmark
  public byte[] half() throws Throwable {
    return decoder.decode(nextFile(), true);
  }
}
