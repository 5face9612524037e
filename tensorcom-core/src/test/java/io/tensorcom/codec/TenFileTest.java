// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import java.io.IOException;
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
}
