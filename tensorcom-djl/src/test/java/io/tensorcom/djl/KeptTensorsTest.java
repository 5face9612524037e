// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Received memory goes back as soon as no array lies in it; checked mode overwrites it then. */
final class KeptTensorsTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int IMAGES = 2 * 4 * 5 * 3;

  private final Set<Integer> leaked = ConcurrentHashMap.newKeySet();
  private final TensorPool pool =
      TensorPool.builder()
          .budgetBytes(1 << 20)
          .checked(true)
          .leakListener(leak -> leaked.add(leak.length()))
          .build();
  private final LoadCounters counters = new LoadCounters();
  private final NDManager manager = NDManager.newBaseManager("PyTorch");

  @AfterEach
  void closeAndFindNoLease() {
    manager.close();
    assertThat(pool.stats().leases()).isZero();
  }

  private LoadedBatch load(
      DType images, DType classes, UnaryOperator<TensorcomDataset.Builder> adjust) {
    Tensor data = Tensor.allocate(pool, images, 2, 4, 5, 3);
    if (images == DType.FLOAT32) {
      data.data().putFloat(0, 1.5f);
    } else {
      data.data().put(0, (byte) 51);
    }
    Tensor labels = Batches.random(pool, 2, classes, 2);
    TensorcomDataset.Builder builder =
        adjust.apply(TensorcomDataset.builder().setUrls("zsub://a:1").setData(0).setLabels(1));
    return new BatchConverter(builder, counters)
        .load(
            manager.getEngine(),
            Device.cpu(),
            TensorBatch.of(data, labels),
            new LoadedBatch.Progress(0, 0));
  }

  @Test
  void shouldGiveAllBackWhenConversionsMakeArraysOfTheirOwn() {
    LoadedBatch loaded =
        load(
            DType.UINT8,
            DType.INT32,
            each -> each.optNormalize(1 / 255f, null, null).optWiden(true));

    assertThat(pool.stats().leases()).isZero();
    assertThat(loaded.byteSize()).as("float32 and int64").isEqualTo(4 * IMAGES + 8 * 2);
    try (Batch batch = loaded.handTo(manager, counters)) {
      assertThat(batch.getData().get(0).getFloat(0, 0, 0, 0)).isCloseTo(0.2f, within(1e-6f));
    }
    assertThat(counters.stats(0).kept()).isZero();
  }

  @Test
  void shouldKeepOnlyTheLabelsWhenOnlyTheyAreNotConverted() {
    LoadedBatch loaded =
        load(DType.UINT8, DType.INT64, each -> each.optNormalize(1 / 255f, null, null));

    assertThat(pool.stats().leases()).isEqualTo(1);
    assertThat(loaded.byteSize()).isEqualTo(4 * IMAGES + 8 * 2);
    Batch batch = loaded.handTo(manager, counters);
    batch.getData().get(0).detach();
    batch.close();
    assertThat(pool.stats().leases()).as("the detached array has its own memory").isZero();
    assertThat(counters.stats(0).kept()).isZero();
  }

  @Test
  void shouldKeepTheMemoryWhenAnArrayIsAViewOfIt() {
    LoadedBatch loaded = load(DType.UINT8, DType.INT32, each -> each.optChannelsFirst(true));

    assertThat(pool.stats().leases()).isEqualTo(2);
    assertThat(loaded.byteSize()).isEqualTo(IMAGES + 4 * 2);
    try (Batch batch = loaded.handTo(manager, counters)) {
      assertThat(batch.getData().get(0).getUint8(0, 0, 0, 0)).isEqualTo(51);
    }
  }

  @Test
  void shouldGiveAllBackWhenFloatsAreNormalized() {
    LoadedBatch loaded =
        load(DType.FLOAT32, DType.INT32, each -> each.optNormalize(2, null, null).optWiden(true));

    assertThat(pool.stats().leases()).isZero();
    try (Batch batch = loaded.handTo(manager, counters)) {
      assertThat(batch.getData().get(0).getFloat(0, 0, 0, 0)).isEqualTo(3);
    }
  }

  @Test
  void shouldCountWhatATransformMakes() {
    UnaryOperator<NDList> doubled =
        data -> new NDList(data.get(0).concat(data.get(0), 0), data.get(0));
    LoadedBatch loaded = load(DType.UINT8, DType.INT32, each -> each.optTransform(doubled));

    assertThat(loaded.byteSize()).isEqualTo(3 * IMAGES + 4 * 2);
    loaded.close();
    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldCloseWhatATransformLeftBehindWhenTheBatchIsHandedOut() {
    List<NDArray> left = new ArrayList<>();
    UnaryOperator<NDList> leaving =
        data -> {
          left.add(data.get(0).duplicate());
          return data;
        };
    LoadedBatch loaded = load(DType.UINT8, DType.INT32, each -> each.optTransform(leaving));

    try (Batch batch = loaded.handTo(manager, counters)) {
      assertThat(left).hasSize(1).allMatch(NDArray::isReleased);
      assertThat(batch.getData().get(0).isReleased()).isFalse();
    }
  }

  @Test
  void shouldHandOutWhenTheManagerIsCapped() {
    NDManager trainers = manager.newSubManager();
    trainers.cap();
    try (Batch batch = load(DType.UINT8, DType.INT32, each -> each).handTo(trainers, counters)) {
      assertThat(batch.getData().get(0).getUint8(0, 0, 0, 0)).isEqualTo(51);
    }
    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldGiveTheMemoryBackWhenItIsHandedToAManagerThatIsClosed() {
    NDManager trainers = manager.newSubManager();
    trainers.close();
    LoadedBatch loaded = load(DType.UINT8, DType.INT32, each -> each);

    assertThatIllegalStateException().isThrownBy(() -> loaded.handTo(trainers, counters));
    assertThat(pool.stats().leases()).isZero();
  }

  private void leak(int length) {
    var unused = pool.lease(length);
  }

  /** Until the pool has found a lease that nobody can reach. */
  private void leakAndWait(int length) {
    leak(length);
    long start = System.nanoTime();
    while (!leaked.contains(length)) {
      assertThat(System.nanoTime() - start).as("it is found").isLessThan(SOON.toNanos());
      System.gc();
    }
  }

  private NDArray arrayOfAForgottenBatch() {
    return load(DType.UINT8, DType.INT32, each -> each.optChannelsFirst(true))
        .handTo(manager, counters)
        .getData()
        .get(0);
  }

  @Test
  void shouldKeepTheMemoryWhenABatchIsForgottenWhoseArraysAreNot() {
    NDArray array = arrayOfAForgottenBatch();

    leakAndWait(7);
    leakAndWait(11);

    assertThat(leaked).as("found before the others").containsExactlyInAnyOrder(7, 11);
    assertThat(pool.stats().leases()).isEqualTo(2);
    assertThat(array.getUint8(0, 0, 0, 0)).isEqualTo(51);
  }

  @Test
  void shouldGiveTheMemoryBackWhenTheManagerIsClosedAndTheBatchIsNot() {
    NDManager trainers = manager.newSubManager();
    Batch batch = load(DType.UINT8, DType.INT32, each -> each).handTo(trainers, counters);
    NDArray array = batch.getData().get(0);

    trainers.close();

    assertThat(array.isReleased()).isTrue();
    assertThat(pool.stats().leases()).isZero();
    assertThat(counters.stats(0).kept()).isZero();
    batch.close();
  }

  private void detachAndForget() {
    NDManager trainers = manager.newSubManager();
    NDArray array =
        load(DType.UINT8, DType.INT32, each -> each).handTo(trainers, counters).getData().get(0);
    array.detach();

    trainers.close();

    assertThat(array.getUint8(0, 0, 0, 0)).isEqualTo(51);
    assertThat(pool.stats().leases()).isEqualTo(2);
    assertThat(counters.stats(0).kept()).isEqualTo(1);
  }

  @Test
  void shouldKeepTheMemoryOfADetachedArrayWhenTheManagerIsClosedAndTheBatchIsNot() {
    detachAndForget();

    long start = System.nanoTime();
    while (pool.stats().leases() > 0) {
      assertThat(System.nanoTime() - start).as("it is garbage").isLessThan(SOON.toNanos());
      System.gc();
    }
    assertThat(leaked).isEmpty();
  }
}
