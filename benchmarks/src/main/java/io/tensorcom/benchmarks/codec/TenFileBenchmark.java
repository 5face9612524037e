// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.codec;

import io.tensorcom.codec.TenFile;
import io.tensorcom.codec.TenFileReader;
import io.tensorcom.codec.TenFileWriter;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
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
 * Writing a {@code .ten} file of one batch and reading it, against a plain file of as many bytes.
 * All of it stays in the page cache: the disk is not measured.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TenFileBenchmark {
  /** Bytes of the batch. */
  @Param({"65536", "1048576", "14451072"})
  public int bytes = 65_536;

  private final TensorPool pool = TensorPool.ofBudget(64 << 20);
  private ByteBuffer plain;
  private TensorBatch batch;
  private Path folder;

  /** Makes a folder with files that can be read. */
  @Setup
  public void makeFiles() throws IOException {
    folder = Files.createTempDirectory("tensorcom-ten");
    plain = ByteBuffer.allocateDirect(bytes);
    batch = TensorBatch.of(Tensor.allocate(pool, DType.UINT8, bytes));
    writePlain(folder.resolve("read.bin"));
    writeTen(folder.resolve("read.ten"));
  }

  /** Removes the folder. */
  @TearDown
  public void removeFiles() throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  private void writePlain(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      plain.clear();
      while (plain.hasRemaining()) {
        channel.write(plain);
      }
    }
  }

  private void writeTen(Path file) throws IOException {
    try (TenFileWriter writer = TenFile.create(file)) {
      writer.write(batch);
    }
  }

  private static long touch(ByteBuffer data) {
    long sum = 0;
    for (int at = 0; at + Long.BYTES <= data.limit(); at += Long.BYTES) {
      sum += data.getLong(at);
    }
    return sum;
  }

  /** Baseline of {@link #write()}. */
  @Benchmark
  public void writePlainFile() throws IOException {
    writePlain(folder.resolve("write.bin"));
  }

  /** Writes a file and its index. */
  @Benchmark
  public void write() throws IOException {
    writeTen(folder.resolve("write.ten"));
  }

  /** Baseline of {@link #read()}: into memory that is used again, and every byte looked at. */
  @Benchmark
  public long readPlainFile() throws IOException {
    try (FileChannel channel =
        FileChannel.open(folder.resolve("read.bin"), StandardOpenOption.READ)) {
      plain.clear();
      while (plain.hasRemaining()) {
        if (channel.read(plain) < 0) {
          throw new IOException("file too short: bytes=" + plain.position());
        }
      }
    }
    return touch(plain);
  }

  /** Opens a file, maps its batch, and looks at every byte. */
  @Benchmark
  public long read() throws IOException {
    try (TenFileReader reader = TenFile.open(folder.resolve("read.ten"));
        TensorBatch mapped = reader.batch(0)) {
      return touch(mapped.get(0).data());
    }
  }

  /** Baseline of {@link #map()}. */
  @Benchmark
  public long mapPlainFile() throws IOException {
    try (FileChannel channel =
        FileChannel.open(folder.resolve("read.bin"), StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes).limit();
    }
  }

  /** Opens a file and maps its batch without looking at it. */
  @Benchmark
  public long map() throws IOException {
    try (TenFileReader reader = TenFile.open(folder.resolve("read.ten"));
        TensorBatch mapped = reader.batch(0)) {
      return mapped.byteSize();
    }
  }
}
