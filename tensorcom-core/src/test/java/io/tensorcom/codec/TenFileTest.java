// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TenFileTest {
  private final TensorPool pool = TensorPool.ofBudget(1 << 20);

  private Path file;

  @BeforeEach
  void writeThreeBatches(@TempDir Path folder) throws IOException {
    file = folder.resolve("three.ten");
    try (TenFileWriter writer = TenFile.create(file)) {
      for (int i = 0; i < 3; i++) {
        try (TensorBatch batch = Batches.numbered(pool, i)) {
          writer.write(batch);
        }
      }
    }
  }

  private int batchCount() throws IOException {
    try (TenFileReader reader = TenFile.open(file)) {
      return reader.batchCount();
    }
  }

  @Test
  void shouldKeepBatchBoundariesWhenIndexIsThere() throws IOException {
    assertThat(batchCount()).isEqualTo(3);
  }

  @Test
  void shouldReadOneBatchWhenIndexIsMissing() throws IOException {
    Files.delete(TenIndex.beside(file));

    try (TenFileReader reader = TenFile.open(file);
        TensorBatch batch = reader.batch(0)) {
      assertThat(reader.batchCount()).isEqualTo(1);
      assertThat(batch.size()).isEqualTo(1 + 2 + 3);
    }
  }

  @Test
  void shouldIgnoreIndexWhenFileHasGrown() throws IOException {
    byte[] all = Files.readAllBytes(file);
    Files.write(file, all, StandardOpenOption.APPEND);

    assertThat(batchCount()).isEqualTo(1);
  }

  @Test
  void shouldIgnoreIndexWhenItIsGarbledAnywhere() throws IOException {
    byte[] index = Files.readAllBytes(TenIndex.beside(file));
    for (int i = 0; i < index.length; i++) {
      byte[] garbled = index.clone();
      garbled[i] ^= 0x40;
      Files.write(TenIndex.beside(file), garbled);
      try (TenFileReader reader = TenFile.open(file)) {
        // The one place where a change is not noticed is an end that stays in order.
        assertThat(reader.batchCount()).isIn(1, 3);
      }
    }
    for (int length = 0; length < index.length; length++) {
      Files.write(TenIndex.beside(file), Arrays.copyOf(index, length));
      assertThat(batchCount()).as("index cut to %s bytes", length).isEqualTo(1);
    }
  }

  @Test
  void shouldSayWhatIsWrongWhereWhenFileIsCut() throws IOException {
    byte[] all = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(all, 100));

    try (TenFileReader reader = TenFile.open(file)) {
      assertThatThrownBy(() -> reader.batch(0))
          .isInstanceOf(MalformedBatchException.class)
          .hasMessageContaining("file " + file + ", batch 0 from byte 0, tensor 0");
    }
  }

  @Test
  void shouldRefuseWhenFileIsEmpty() throws IOException {
    Path empty = Files.createFile(file.resolveSibling("empty.ten"));

    try (TenFileReader reader = TenFile.open(empty)) {
      assertThatThrownBy(() -> reader.batch(0)).hasMessageContaining("tensors: 0");
    }
  }

  @Test
  void shouldReplaceIndexWhenFileIsWrittenAnew() throws IOException {
    try (TenFileWriter writer = TenFile.create(file)) {
      assertThat(Files.exists(TenIndex.beside(file))).isFalse();
      try (TensorBatch batch = Batches.numbered(pool, 1)) {
        writer.write(batch);
      }
    }

    assertThat(batchCount()).isEqualTo(1);
  }

  @Test
  void shouldKeepTheWholeBatchesWhenTheDiskIsFull() throws Exception {
    // The limit on the size of files stands for a full disk: in the middle of the sixth batch.
    Process writer =
        new ProcessBuilder(
                "sh",
                "-c",
                "ulimit -f 512; exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                LimitedWriter.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int written = Integer.parseInt(new String(writer.getInputStream().readAllBytes(), US_ASCII));

    assertThat(written).isPositive();
    assertThat(batchCount()).isEqualTo(written);
    try (TenFileReader reader = TenFile.open(file);
        TensorBatch last = reader.batch(written - 1)) {
      assertThat(last.get(0).data().get(0)).isEqualTo((byte) (written - 1));
    }
  }

  /** Writes batches of 45,000 bytes, each beginning with its number, until that fails. */
  static final class LimitedWriter {
    private LimitedWriter() {}

    public static void main(String[] args) throws IOException {
      int written = 0;
      TenFileWriter writer = TenFile.create(Path.of(args[0]));
      try {
        while (written < 100) {
          ByteBuffer data = ByteBuffer.allocateDirect(45_000);
          data.put(0, (byte) written);
          try (TensorBatch batch =
              TensorBatch.of(Tensor.wrap(DType.UINT8, data, null, data.capacity()))) {
            writer.write(batch);
          }
          written++;
        }
      } catch (IOException e) {
        // As at the end of a process that does not come to close the file.
        System.out.print(written);
        System.exit(0);
      }
    }
  }
}
