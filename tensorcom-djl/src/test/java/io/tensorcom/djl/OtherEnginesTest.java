// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import io.tensorcom.ServeOptions;
import io.tensorcom.TensorSender;
import io.tensorcom.TensorcomConfig;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams as arrays of engines that are not PyTorch: ONNX Runtime, and one that copies. */
@Timeout(120)
final class OtherEnginesTest {
  /** Which engine. */
  enum Kind {
    /** Shares direct buffers, and leaves most operations to PyTorch. */
    ONNX,
    /** Has memory of its own. */
    COPYING;

    boolean refuses(DType dtype) {
      return switch (dtype) {
        case INT16, UINT16, UINT32, UINT64 -> this == ONNX;
        case FLOAT16 -> this == COPYING;
        default -> false;
      };
    }

    NDManager newManager() {
      return this == ONNX ? NDManager.newBaseManager("OnnxRuntime") : CopyingEngine.newManager();
    }
  }

  private final TensorPool pool = TensorPool.builder().budgetBytes(64 << 20).checked(true).build();
  private final LoadCounters counters = new LoadCounters();

  @AfterEach
  void findNoLeaseAndNoArray() {
    assertThat(pool.stats().leases()).isZero();
    assertThat(CopyingEngine.OPEN).hasValue(0);
  }

  private Batch convert(
      NDManager manager, Tensor tensor, UnaryOperator<TensorcomDataset.Builder> adjust) {
    TensorcomDataset.Builder builder =
        adjust.apply(TensorcomDataset.builder().setUrls("zsub://a:1").setData(0));
    return new BatchConverter(builder, counters).convert(manager, TensorBatch.of(tensor), 0, 1);
  }

  private static ByteBuffer bytes(Tensor tensor) {
    return ByteBuffer.allocate(tensor.byteSize()).put(tensor.data()).flip();
  }

  private void keepOrRefuse(Kind kind, DType dtype) {
    Tensor tensor = Batches.random(pool, 7, dtype, 3, 5);
    ByteBuffer expected = bytes(tensor);
    try (NDManager manager = kind.newManager()) {
      if (kind.refuses(dtype)) {
        String engine = manager.getEngine().getEngineName();
        assertThatThrownBy(() -> convert(manager, tensor, each -> each))
            .isInstanceOf(UnsupportedOperationException.class)
            .hasMessageContaining("the engine " + engine + " has no " + dtype.numpyName());
        assertThat(pool.stats().leases()).as("given back by the refusal").isZero();
        return;
      }
      Batch batch = convert(manager, tensor, each -> each);
      NDArray array = batch.getData().get(0);
      assertThat(array.getDataType().name()).isEqualToIgnoringCase(dtype.numpyName());
      assertThat(array.getShape()).isEqualTo(new Shape(3, 5));
      assertThat(ByteBuffer.wrap(array.toByteArray())).isEqualTo(expected);
      assertThat(pool.stats().leases()).as("held for the array").isEqualTo(1);
      batch.close();
      assertThat(pool.stats().leases()).as("given back by the batch").isZero();
      assertThat(array.isReleased()).isTrue();
      assertThat(counters.stats(0).kept()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void shouldKeepEveryByteOrRefuseByNameWhenTheEngineIsOnnxRuntime(DType dtype) {
    keepOrRefuse(Kind.ONNX, dtype);
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void shouldKeepEveryByteOrRefuseByNameWhenTheEngineCopies(DType dtype) {
    keepOrRefuse(Kind.COPYING, dtype);
  }

  @Test
  void shouldNotSeeTheReceivedMemoryWhenTheEngineCopies() {
    Tensor tensor = Batches.random(pool, 7, DType.UINT8, 4);
    ByteBuffer memory = tensor.data();
    ByteBuffer expected = bytes(tensor);
    try (NDManager manager = Kind.COPYING.newManager();
        Batch batch = convert(manager, tensor, each -> each)) {
      memory.put(0, (byte) ~memory.get(0));
      assertThat(ByteBuffer.wrap(batch.getData().get(0).toByteArray())).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void shouldWidenWhenTheEngineIsOnnxRuntime(DType dtype) {
    Tensor tensor = Tensor.allocate(pool, dtype, 2, 3);
    DataType expected =
        dtype.byteSize() == 1
            ? DataType.valueOf(dtype.name())
            : dtype.kind() == DType.Kind.FLOAT ? DataType.FLOAT32 : DataType.INT64;
    boolean outOfHeap = Kind.ONNX.refuses(dtype);
    try (NDManager manager = Kind.ONNX.newManager();
        Batch batch = convert(manager, tensor, each -> each.optWiden(true))) {
      assertThat(batch.getData().get(0).getDataType()).isEqualTo(expected);
      assertThat(batch.getData().get(0).getShape()).isEqualTo(new Shape(2, 3));
      assertThat(counters.stats(0).copies()).isEqualTo(outOfHeap ? 1 : 0);
      assertThat(counters.stats(0).copiedBytes()).isEqualTo(outOfHeap ? tensor.byteSize() : 0);
    }
  }

  @Test
  void shouldPutChannelsFirstWhenTheEngineLeavesItToAnother() {
    Tensor tensor = Tensor.allocate(pool, DType.UINT8, 1, 1, 2, 3);
    tensor.data().put(new byte[] {0, 10, 20, 1, 11, 21});
    try (NDManager manager = Kind.ONNX.newManager();
        Batch batch = convert(manager, tensor, each -> each.optChannelsFirst(true))) {
      NDArray array = batch.getData().get(0);
      assertThat(array.getShape()).isEqualTo(new Shape(1, 3, 1, 2));
      assertThat(array.toByteArray()).containsExactly(0, 1, 10, 11, 20, 21);
    }
  }

  @Test
  void shouldGiveTheMemoryBackWhenTheEngineCannotConvert() {
    Tensor tensor = Batches.random(pool, 7, DType.UINT8, 1, 2, 2, 3);
    try (NDManager manager = Kind.ONNX.newManager()) {
      assertThatThrownBy(() -> convert(manager, tensor, each -> each.optNormalize(2, null, null)))
          .isInstanceOf(UnsupportedOperationException.class);
      assertThat(pool.stats().leases()).isZero();
      assertThat(manager.getManagedArrays()).isEmpty();
    }
  }

  @Test
  void shouldGiveTheMemoryBackWhenTheEngineHasNoSuchDevice() {
    Tensor tensor = Batches.random(pool, 7, DType.UINT8, 4);
    try (NDManager manager = Kind.COPYING.newManager()) {
      assertThatThrownBy(() -> convert(manager, tensor, each -> each.optDevices(Device.gpu())))
          .hasMessageContaining("gpu(0)");
      assertThat(pool.stats().leases()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldGiveEverythingBackWhenAStreamIsRead(Kind kind) throws Exception {
    ExecutorService serving = Executors.newSingleThreadExecutor();
    TensorcomConfig config = TensorcomConfig.builder().pool(pool).build();
    try (TensorSender sender = TensorSender.open(config, "zrpush://127.0.0.1:0");
        TensorcomDataset dataset =
            TensorcomDataset.builder()
                .setUrls(sender.boundEndpoints().get(0).replace("tcp", "zrpull"))
                .setData(0)
                .optReceiver(config)
                .optTimeout(Duration.ofSeconds(30))
                .build();
        NDManager manager = kind.newManager()) {
      Future<?> served =
          serving.submit(
              () ->
                  sender.serveEpochs(
                      2,
                      epoch -> IntStream.range(0, 50).mapToObj(i -> numbered(i)).iterator(),
                      ServeOptions.forEver()));
      int count = 0;
      while (!dataset.isStreamEnded()) {
        for (Batch batch : dataset.getData(manager)) {
          try (batch) {
            assertThat(batch.getData().get(0).toIntArray()[0]).isEqualTo(count++ % 50);
          }
        }
      }
      served.get(30, TimeUnit.SECONDS);

      assertThat(count).isEqualTo(100);
      assertThat(manager.getManagedArrays()).isEmpty();
      assertThat(CopyingEngine.OPEN).hasValue(0);
    } finally {
      serving.shutdownNow();
    }
  }

  private TensorBatch numbered(int i) {
    return TensorBatch.of(Tensor.copyOf(pool, DType.INT32, new int[] {i, 1, 2}, 3));
  }
}
