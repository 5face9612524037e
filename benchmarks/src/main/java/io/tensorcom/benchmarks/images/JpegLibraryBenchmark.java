// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.images;

import io.tensorcom.examples.images.Decoding;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
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
 * memory again where the library allows it. ImageIO and TwelveMonkeys do not average when they make
 * an image smaller: they leave pixels out.
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

  private List<byte[]> files;
  private Decoder decoder;
  private int next;

  /** Reads the photographs. */
  @Setup
  public void open() throws IOException, InterruptedException, ReflectiveOperationException {
    Photos photos = new Photos();
    files = Decoding.files(photos.source());
    photos.delete();
    ImageIO.setUseCache(false);
    decoder =
        switch (library) {
          case "imageio" -> ofReader(reader("com.sun."));
          case "twelvemonkeys" -> ofReader(reader("com.twelvemonkeys."));
          case "turbojpeg" -> Decoding.turboJpeg()::decode;
          case "opencv" -> ofOpenCv();
          default -> throw new IllegalArgumentException("library: " + library);
        };
  }

  private static Decoder ofOpenCv() throws ReflectiveOperationException {
    OpenCvJpeg openCv = new OpenCvJpeg();
    return (file, half) -> openCv.decode(file, half ? OpenCvJpeg.HALF : OpenCvJpeg.COLOR);
  }

  private static ImageReader reader(String of) {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getName().startsWith(of)) {
        return reader;
      }
    }
    throw new IllegalStateException("no reader: of=" + of);
  }

  private static Decoder ofReader(ImageReader reader) {
    return (file, half) -> {
      try (ImageInputStream input =
          ImageIO.createImageInputStream(new ByteArrayInputStream(file))) {
        reader.setInput(input, true, true);
        ImageReadParam how = reader.getDefaultReadParam();
        int step = half ? 2 : 1;
        how.setSourceSubsampling(step, step, 0, 0);
        BufferedImage image = reader.read(0, how);
        return ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
      }
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
