// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors as arrays of the PyTorch engine on the CPU. */
final class BatchConverterTest {
  /** The engine has no word for them. */
  private static final Set<DType> REFUSED =
      EnumSet.of(DType.INT16, DType.UINT16, DType.UINT32, DType.UINT64);

  private final TensorPool pool = TensorPool.builder().budgetBytes(64 << 20).checked(true).build();
  private final LoadCounters counters = new LoadCounters();
  private final NDManager manager = NDManager.newBaseManager("PyTorch");

  @BeforeEach
  void startOnTheCpu() {
    assertThat(manager.getDevice()).isEqualTo(Device.cpu());
  }

  @AfterEach
  void closeAndFindNoLease() {
    manager.close();
    assertThat(pool.stats().leases()).isZero();
  }

  private Batch convert(
      TensorBatch batch, UnaryOperator<TensorcomDataset.Builder> adjust, int... labels) {
    TensorcomDataset.Builder builder =
        adjust.apply(TensorcomDataset.builder().setUrls("zsub://a:1").setData(0).setLabels(labels));
    return new BatchConverter(builder, counters).convert(manager, batch, 3, 10);
  }

  private Tensor images(int n, int height, int width, int channels) {
    return Batches.random(pool, 1, DType.UINT8, n, height, width, channels);
  }

  @Test
  void shouldLieInTheReceivedMemoryWhenEngineIsOnTheCpu() {
    Tensor images = images(2, 4, 5, 3);
    ByteBuffer memory = images.data();
    Tensor classes = Batches.random(pool, 2, DType.INT32, 2);
    try (Batch batch = convert(TensorBatch.of(images, classes), each -> each, 1)) {
      NDArray array = batch.getData().get(0);
      for (byte value : new byte[] {5, 6}) {
        memory.put(0, value);
        assertThat(array.getUint8(0, 0, 0, 0)).as("written into the slab").isEqualTo(value);
      }
      assertThat(array.getShape()).isEqualTo(new Shape(2, 4, 5, 3));
      assertThat(batch.getLabels().get(0).getDataType()).isEqualTo(DataType.INT32);
      assertThat(batch.getSize()).isEqualTo(2);
      assertThat(batch.getProgress()).isEqualTo(3);
      assertThat(batch.getProgressTotal()).isEqualTo(10);
      assertThat(pool.stats().leases()).isEqualTo(2);
      assertThat(counters.stats(0).copies()).isZero();
    }
  }

  @Test
  void shouldHaveMemoryOfItsOwnWhenCopiesAreWanted() {
    Tensor images = images(2, 4, 5, 3);
    byte first = images.data().get(0);
    try (Batch batch = convert(TensorBatch.of(images), each -> each.optCopy(true))) {
      assertThat(pool.stats().leases()).as("given back at once").isZero();
      assertThat((byte) batch.getData().get(0).getUint8(0, 0, 0, 0)).isEqualTo(first);
      assertThat(counters.stats(0).copies()).isEqualTo(1);
      assertThat(counters.stats(0).copiedBytes()).isEqualTo(2 * 4 * 5 * 3);
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void shouldKeepEveryByteOrRefuseByNameWhenAnyDtypeComes(DType dtype) {
    Tensor tensor = Batches.random(pool, 7, dtype, 3, 5);
    if (REFUSED.contains(dtype)) {
      assertThatThrownBy(() -> convert(TensorBatch.of(tensor), each -> each))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining(dtype.numpyName())
          .hasMessageContaining("PyTorch");
      return;
    }
    ByteBuffer expected = ByteBuffer.allocate(tensor.byteSize()).put(tensor.data()).flip();
    try (Batch batch = convert(TensorBatch.of(tensor), each -> each)) {
      NDArray array = batch.getData().get(0);
      assertThat(array.getDataType().name()).isEqualToIgnoringCase(dtype.numpyName());
      assertThat(ByteBuffer.wrap(array.toByteArray())).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void shouldWidenAsPythonDoesWhenToldSo(DType dtype) {
    DataType expected =
        switch (dtype) {
          case FLOAT16, FLOAT32, FLOAT64 -> DataType.FLOAT32;
          case INT8 -> DataType.INT8;
          case UINT8 -> DataType.UINT8;
          default -> DataType.INT64;
        };
    Tensor tensor = Tensor.allocate(pool, dtype, 2, 3);
    for (int i = 0; i < dtype.byteSize() && dtype.kind() != DType.Kind.FLOAT; i++) {
      tensor.data().put(i, (byte) 0xFE);
    }
    try (Batch batch = convert(TensorBatch.of(tensor), each -> each.optWiden(true))) {
      NDArray array = batch.getData().get(0);
      assertThat(array.getDataType()).isEqualTo(expected);
      if (expected == DataType.INT64) {
        assertThat(array.getLong(0, 0)).isEqualTo(wide(dtype));
        assertThat(array.getLong(1, 2)).isZero();
      }
    }
  }

  /** What bytes that are all 0xFE mean. */
  private static long wide(DType dtype) {
    return switch (dtype) {
      case INT16 -> (short) 0xFEFE;
      case UINT16 -> 0xFEFE;
      case INT32 -> 0xFEFE_FEFE;
      case UINT32 -> 0xFEFE_FEFEL;
      default -> 0xFEFE_FEFE_FEFE_FEFEL;
    };
  }

  @Test
  void shouldPutChannelsFirstWhenThereAreThreeOrFour() {
    for (int channels : new int[] {1, 3, 4, 5}) {
      Tensor images = images(2, 4, 6, channels);
      byte last = images.data().get(images.byteSize() - 1);
      boolean moves = channels == 3 || channels == 4;
      try (Batch batch = convert(TensorBatch.of(images), each -> each.optChannelsFirst(true))) {
        NDArray array = batch.getData().get(0);
        assertThat(array.getShape())
            .isEqualTo(moves ? new Shape(2, channels, 4, 6) : new Shape(2, 4, 6, channels));
        long[] corner =
            moves ? new long[] {1, channels - 1, 3, 5} : new long[] {1, 3, 5, channels - 1};
        assertThat((byte) array.getUint8(corner)).isEqualTo(last);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"5, 3", "4, 5, 3", "4, 5, 4", "2, 2, 2, 2, 3"})
  void shouldLeaveOtherRanksAloneWhenChannelsGoFirst(String dimensions) {
    long[] shape = Arrays.stream(dimensions.split(", ", -1)).mapToLong(Long::parseLong).toArray();
    Tensor tensor = Batches.random(pool, 1, DType.UINT8, shape);
    try (Batch batch = convert(TensorBatch.of(tensor), each -> each.optChannelsFirst(true))) {
      assertThat(batch.getData().get(0).getShape()).isEqualTo(new Shape(shape));
      assertThat(batch.getSize()).isEqualTo(shape[0]);
    }
  }

  @Test
  void shouldScaleAndNormalizeWhenToldSo() {
    Tensor images = Tensor.allocate(pool, DType.UINT8, 1, 1, 1, 3);
    images.data().put(new byte[] {0, (byte) 255, 51});
    float[] mean = {0.5f, 0.25f, 0.1f};
    float[] std = {0.5f, 0.25f, 2};
    try (Batch batch =
        convert(
            TensorBatch.of(images),
            each -> each.optNormalize(1 / 255f, mean, std).optChannelsFirst(true))) {
      float[] values = batch.getData().get(0).toFloatArray();

      assertThat(batch.getData().get(0).getShape()).isEqualTo(new Shape(1, 3, 1, 1));
      assertThat(values[0]).isCloseTo(-1f, org.assertj.core.data.Offset.offset(1e-5f));
      assertThat(values[1]).isCloseTo(3f, org.assertj.core.data.Offset.offset(1e-5f));
      assertThat(values[2]).isCloseTo(0.05f, org.assertj.core.data.Offset.offset(1e-5f));
    }
  }

  @Test
  void shouldMakeFloatsOfImagesWhenNormalizingChangesNoValue() {
    Tensor images = Tensor.allocate(pool, DType.UINT8, 1, 1, 1, 3);
    images.data().put(new byte[] {0, (byte) 255, 51});
    try (Batch batch = convert(TensorBatch.of(images), each -> each.optNormalize(1, null, null))) {
      assertThat(batch.getData().get(0).getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(batch.getData().get(0).toFloatArray()).containsExactly(0, 255, 51);
      assertThat(pool.stats().leases()).as("given back").isZero();
    }
  }

  @Test
  void shouldLeaveLabelsAloneWhenTheyAreTheSameTensorAsNormalizedData() {
    float[] mean = {1, 2, 3};
    for (float scale : new float[] {1, 0.5f}) {
      Tensor same = Tensor.copyOf(pool, DType.FLOAT32, new float[] {10, 20, 30}, 1, 1, 1, 3);
      try (Batch batch =
          convert(TensorBatch.of(same), each -> each.optNormalize(scale, mean, null), 0)) {
        assertThat(batch.getData().get(0).toFloatArray())
            .containsExactly(10 * scale - 1, 20 * scale - 2, 30 * scale - 3);
        assertThat(batch.getLabels().get(0).toFloatArray()).containsExactly(10, 20, 30);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 0, 1", "5, 0, 1", "3, 4, 1", "4, 3, 1", "0, 2, 1", "0, 3, 0", "1, 3, -1"})
  void shouldRefuseToNormalizeWhenNumbersCannotBeRight(int means, int stds, float std) {
    float[] deviations = new float[stds];
    Arrays.fill(deviations, std);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TensorcomDataset.builder().optNormalize(1, new float[means], deviations))
        .withMessageContaining("normalize: scale=1.0, mean=[")
        .withMessageContaining("one for each of 3 or 4 channels");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TensorcomDataset.builder().optNormalize(Float.NaN, null, null));
  }

  /** A view in another manager, after its batch was closed. */
  private byte firstOfAViewThatOutlivesItsBatch(Tensor images, boolean copies) {
    try (NDManager other = manager.newSubManager()) {
      Batch batch = convert(TensorBatch.of(images), each -> each.optCopy(copies));
      NDArray view = batch.getData().get(0).get("1:");
      view.attach(other);
      batch.close();
      assertThat(pool.stats().leases()).isZero();
      return (byte) view.getUint8(0, 0, 0, 0);
    }
  }

  @Test
  void shouldKeepAViewValidWhenCopiesAreWanted() {
    Tensor images = images(2, 4, 5, 3);
    byte expected = images.data().get(4 * 5 * 3);
    assertThat(expected).isNotEqualTo(TensorPool.POISON);
    assertThat(firstOfAViewThatOutlivesItsBatch(images, true)).isEqualTo(expected);
  }

  @Test
  void shouldShowPoisonWhenAViewOutlivesItsBatchAndThePoolIsChecked() {
    assertThat(firstOfAViewThatOutlivesItsBatch(images(2, 4, 5, 3), false))
        .isEqualTo(TensorPool.POISON);
  }

  @Test
  void shouldKeepTheMemoryWhenAnArrayIsDetachedAndNoLongerThanThat() {
    Tensor images = images(2, 4, 5, 3);
    byte first = images.data().get(0);
    detachAndForget(images, first);

    long deadline = System.nanoTime() + 30_000_000_000L;
    while (pool.stats().leases() > 0) {
      assertThat(System.nanoTime()).as("the cleaner gives it back").isLessThan(deadline);
      System.gc();
      Thread.onSpinWait();
    }
  }

  private void detachAndForget(Tensor images, byte first) {
    Batch batch = convert(TensorBatch.of(images), each -> each);
    NDArray array = batch.getData().get(0);
    array.detach();
    batch.close();
    assertThat(pool.stats().leases()).as("kept for the array").isEqualTo(1);
    assertThat((byte) array.getUint8(0, 0, 0, 0)).isEqualTo(first);
    assertThat(counters.stats(0).kept()).isEqualTo(1);
  }

  @Test
  void shouldGiveEachDeviceItsPartWhenABatchIsSplit() {
    Tensor images = images(6, 4, 4, 3);
    Tensor classes = Batches.random(pool, 2, DType.INT64, 6);
    try (Batch batch = convert(TensorBatch.of(images, classes), each -> each, 1)) {
      Batch[] parts = batch.split(new Device[] {Device.cpu(), Device.cpu()}, true);

      assertThat(parts).hasSize(2);
      for (Batch part : parts) {
        assertThat(part.getData().get(0).getShape()).isEqualTo(new Shape(3, 4, 4, 3));
        assertThat(part.getLabels().get(0).getShape()).isEqualTo(new Shape(3));
      }
      assertThat(parts[1].getLabels().get(0).getLong(2))
          .isEqualTo(batch.getLabels().get(0).getLong(5));
    }
  }

  @Test
  void shouldPutEachPartOnItsDeviceAheadWhenSeveralAreSet() {
    Device[] devices = {Device.cpu(), Device.cpu()};
    Tensor images = images(5, 2, 2, 3);
    byte last = images.data().get(images.byteSize() - 1);
    Tensor classes = Batches.random(pool, 2, DType.INT32, 5);
    int lastClass = classes.data().getInt(16);
    try (Batch batch =
        convert(
            TensorBatch.of(images, classes),
            each -> each.optDevices(devices).optChannelsFirst(true).optWiden(true),
            1)) {
      assertThat(pool.stats().leases()).as("given back at once").isZero();
      assertThat(batch.getSize()).isEqualTo(5);
      assertThatThrownBy(batch::getData).hasMessageContaining("split");
      assertThatThrownBy(() -> batch.split(new Device[] {Device.gpu(0), Device.gpu(1)}, false))
          .hasMessageContaining("wanted");

      Batch[] parts = batch.split(devices, false);
      assertThat(parts).extracting(Batch::getSize).containsExactly(2, 3);
      assertThat(parts[1].getData().get(0).getShape()).isEqualTo(new Shape(3, 3, 2, 2));
      assertThat((byte) parts[1].getData().get(0).getUint8(2, 2, 1, 1)).isEqualTo(last);
      assertThat(parts[1].getLabels().get(0).getLong(2)).isEqualTo(lastClass);
      assertThat(counters.stats(0).copies()).isEqualTo(4);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> batch.split(devices, true))
          .withMessageContaining("no even split: samples=5");
    }
  }

  @Test
  void shouldRefuseByShapeWhenATensorHasNotASampleForEachOfSeveralDevices() {
    Device[] devices = {Device.cpu(), Device.cpu()};
    for (long[] shape : new long[][] {{8}, {3}, {}}) {
      Tensor labels = Batches.random(pool, 1, DType.INT64, shape);
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  convert(
                      TensorBatch.of(images(5, 2, 2, 3), labels),
                      each -> each.optDevices(devices),
                      1))
          .withMessageContaining("shape=" + Arrays.toString(shape))
          .withMessageContaining("samples=5");
      assertThat(pool.stats().leases()).isZero();
    }
  }

  @Test
  void shouldReleaseAllPartsWhenTheTransformThrowsForTheLastOfThem() {
    Device[] devices = {Device.cpu(), Device.cpu()};
    List<NDArray> made = new ArrayList<>();
    IllegalStateException mine = new IllegalStateException("not with me");
    UnaryOperator<NDList> transform =
        data -> {
          made.addAll(data);
          if (made.size() == devices.length) {
            throw mine;
          }
          return data;
        };

    assertThatThrownBy(
            () ->
                convert(
                    TensorBatch.of(images(4, 2, 2, 3)),
                    each -> each.optDevices(devices).optTransform(transform)))
        .isSameAs(mine);
    assertThat(made).hasSize(2).allMatch(NDArray::isReleased);
    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldRefuseWhenThereAreMoreSamplesThanCanBeCounted() {
    Tensor none = Tensor.allocate(pool, DType.UINT8, 1L << 32, 0);

    assertThatThrownBy(() -> convert(TensorBatch.of(none), each -> each))
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void shouldSplitEvenlyWhenASizeAllowsIt() {
    Device[] devices = {Device.cpu(), Device.cpu()};
    try (Batch batch =
        convert(TensorBatch.of(images(4, 2, 2, 3)), each -> each.optDevices(devices))) {
      assertThat(batch.split(devices, true)).extracting(Batch::getSize).containsExactly(2, 2);
    }
  }

  @Test
  void shouldHaveNoPartWhenABatchForSeveralDevicesIsEmpty() {
    Device[] devices = {Device.cpu(), Device.cpu()};
    try (Batch batch =
        convert(TensorBatch.of(images(0, 2, 2, 3)), each -> each.optDevices(devices))) {
      assertThat(batch.getSize()).isZero();
      assertThat(batch.getProgress()).isEqualTo(3);
      assertThat(batch.split(devices, true)).isEmpty();
    }
  }

  @Test
  void shouldCloseTwiceWithoutHarmWhenUsersDo() {
    Batch batch = convert(TensorBatch.of(images(1, 2, 2, 3)), each -> each);
    batch.close();
    batch.close();
    assertThat(pool.stats().leases()).isZero();
  }
}
