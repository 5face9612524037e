// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.images;

import io.tensorcom.examples.images.DecodeOptions;
import io.tensorcom.examples.images.Decoding;
import java.awt.image.BufferedImage;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Decoding the sample photographs (JPEG, about 480 x 320; three of the eight are progressive), one
 * after the other, by one thread. The baseline is the JDK's reader of ImageIO on its own, without
 * bringing the pixels into order.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class ImageDecodeBenchmark {
  /** Pixels of each side after scaling and cropping. */
  @Param("224")
  public int size = 224;

  private final Decoding whole = new Decoding(DecodeOptions.ofSize(0));
  private final ImageReader ofJdk = JpegReaders.of(JpegReaders.JDK);
  private Decoding scaling;
  private List<byte[]> files;
  private int next;

  /** Reads the photographs. */
  @Setup
  public void read() throws IOException, InterruptedException {
    Photos photos = new Photos();
    files = Decoding.files(photos.source());
    photos.delete();
    scaling = new Decoding(DecodeOptions.ofSize(size));
    // As the decoder has it.
    ImageIO.setUseCache(false);
  }

  /** Fails if there was nothing to decode. */
  @TearDown
  public void check() {
    if (files.isEmpty()) {
      throw new IllegalStateException("no photographs");
    }
  }

  private byte[] nextFile() {
    next = (next + 1) % files.size();
    return files.get(next);
  }

  /** Baseline. */
  @Benchmark
  public BufferedImage imageIo() throws IOException {
    return JpegReaders.read(ofJdk, nextFile(), 1);
  }

  /** Decodes to rows of RGB. */
  @Benchmark
  public byte[] decode() throws IOException {
    return whole.decode(nextFile());
  }

  /** Decodes, scales and crops to rows of RGB. */
  @Benchmark
  public byte[] decodeAndResize() throws IOException {
    return scaling.decode(nextFile());
  }
}
