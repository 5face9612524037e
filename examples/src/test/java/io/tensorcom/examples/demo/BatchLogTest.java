// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchLogTest {
  private final Path folder;
  private final TensorPool pool = TensorPool.ofBudget(1 << 20);

  BatchLogTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @AfterEach
  void close() {
    pool.close();
  }

  private TensorBatch batch(DType dtype, byte[] data, String info, long... shape) {
    return TensorBatch.of(Tensor.copyOf(pool, dtype, data, shape).info(info));
  }

  @Test
  void shouldReadWhatWasAddedWhenTheWriterIsNotClosed() throws IOException {
    Path file = folder.resolve("log");
    try (BatchLog log = BatchLog.create(file);
        TensorBatch batch = batch(DType.UINT8, new byte[6], "", 3, 2)) {
      log.add(batch);
      log.add(batch);
      List<BatchLog.Entry> entries = BatchLog.read(file);
      assertThat(entries).containsOnly(new BatchLog.Entry(ContentHash.of(batch), 3, 6)).hasSize(2);
      assertThat(log.totals()).isEqualTo(new Totals(2, 6, 12)).isEqualTo(Totals.of(entries));
    }
  }

  @Test
  void shouldLeaveOutTheLastLineWhenItsWriterWasKilledOverIt() throws IOException {
    Path file = folder.resolve("log");
    Files.writeString(file, "aa 1 2\nbb 3 ", StandardOpenOption.CREATE_NEW);
    assertThat(BatchLog.read(file)).containsExactly(new BatchLog.Entry("aa", 1, 2));
  }

  @Test
  void shouldHaveAnotherHashWhenAnythingDiffers() {
    byte[] zeros = new byte[4];
    Set<String> hashes = new HashSet<>();
    try (TensorBatch one = batch(DType.UINT8, zeros, "", 4);
        TensorBatch otherData = batch(DType.UINT8, new byte[] {0, 0, 0, 1}, "", 4);
        TensorBatch otherDtype = batch(DType.INT8, zeros, "", 4);
        TensorBatch otherInfo = batch(DType.UINT8, zeros, "x", 4);
        TensorBatch otherShape = batch(DType.UINT8, zeros, "", 2, 2);
        TensorBatch two =
            TensorBatch.of(
                Tensor.copyOf(pool, DType.UINT8, new byte[2], 2),
                Tensor.copyOf(pool, DType.UINT8, new byte[2], 2))) {
      for (TensorBatch batch : List.of(one, otherData, otherDtype, otherInfo, otherShape, two)) {
        hashes.add(ContentHash.of(batch));
        assertThat(ContentHash.of(batch)).hasSize(64).isEqualTo(ContentHash.of(batch));
      }
    }
    assertThat(hashes).hasSize(6);
  }
}
