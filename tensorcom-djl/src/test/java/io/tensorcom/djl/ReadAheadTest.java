// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import io.tensorcom.EpochReader;
import io.tensorcom.EpochReport;
import io.tensorcom.ReceiveTimeoutException;
import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorcomConfig;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Prefetching goes on over the end of an epoch, and nobody sees more of it than that. */
@Timeout(120)
final class ReadAheadTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int PER_EPOCH = 7;
  private static final int PREFETCH = 3;

  @RegisterExtension final ServedStream stream = new ServedStream();

  private final TensorPool pool = stream.pool();
  private final AtomicInteger converted = new AtomicInteger();
  private final Set<String> threads = ConcurrentHashMap.newKeySet();

  private TensorcomDataset dataset(UnaryOperator<TensorcomDataset.Builder> adjust) {
    UnaryOperator<NDList> counting =
        data -> {
          threads.add(Thread.currentThread().getName());
          converted.incrementAndGet();
          return data;
        };
    return adjust
        .apply(stream.dataset().optPrefetch(PREFETCH, 1 << 20).optTransform(counting))
        .build();
  }

  /** Batches that tell their epoch and their number in it. */
  private void serve(int epochs, int batches) {
    var unused = stream.serve(epochs, batches, this::numbered);
  }

  private TensorBatch numbered(int epoch, int i) {
    return TensorBatch.of(
        Tensor.copyOf(pool, DType.INT32, new int[] {epoch, i}, 2),
        Tensor.copyOf(pool, DType.INT64, new long[] {i, i}, 2));
  }

  private static List<List<Integer>> read(Iterable<Batch> epoch) {
    List<List<Integer>> numbers = new ArrayList<>();
    for (Batch batch : epoch) {
      try (batch) {
        int[] data = batch.getData().get(0).toIntArray();
        assertThat(batch.getLabels().get(0).toLongArray()).containsOnly(data[1]);
        assertThat(batch.getProgress()).isEqualTo(numbers.size());
        numbers.add(List.of(data[0], data[1]));
      }
    }
    return numbers;
  }

  private static List<List<Integer>> expected(int epoch, int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> List.of(epoch, i)).toList();
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldHandOutEachEpochInOrderWhenEachHasAManagerOfItsOwn() {
    serve(1, 100);
    try (TensorcomDataset dataset = dataset(each -> each.optBatchesPerEpoch(PER_EPOCH))) {
      for (int epoch = 0; epoch < 5; epoch++) {
        int begin = epoch * PER_EPOCH;
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
          assertThat(read(dataset.getData(manager)))
              .isEqualTo(expected(0, begin, begin + PER_EPOCH));
          assertThat(manager.getManagedArrays()).isEmpty();
        }
        int ahead = begin + PER_EPOCH + PREFETCH;
        await("read ahead", () -> converted.get() == ahead);
      }
      assertThat(threads).containsExactly("tensorcom-djl-prefetch");
    }
    assertThat(converted).as("no more than the bound").hasValue(5 * PER_EPOCH + PREFETCH);
  }

  @Test
  void shouldKeepEpochsApartWhenServersEndThem() {
    serve(5, PER_EPOCH);
    try (TensorcomDataset dataset = dataset(each -> each);
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      dataset.prepare(null);
      assertThat(dataset.epochReport()).as("before the first end").isEmpty();
      for (int epoch = 0; epoch < 5; epoch++) {
        assertThat(dataset.isStreamEnded()).isFalse();
        assertThat(read(dataset.getData(manager))).isEqualTo(expected(epoch, 0, PER_EPOCH));
        assertThat(dataset.epochReport().orElseThrow().epoch())
            .as("what the trainer saw")
            .isEqualTo(epoch);
        assertThat(dataset.loadStats().batches()).isEqualTo(PER_EPOCH * (epoch + 1L));
        int ahead = Math.min(5 * PER_EPOCH, (epoch + 1) * PER_EPOCH + PREFETCH);
        await("read ahead", () -> converted.get() == ahead);
      }
      assertThat(read(dataset.getData(manager))).isEmpty();
      assertThat(dataset.isStreamEnded()).isTrue();
    }
  }

  private static boolean prefetchingStands() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(
            each ->
                each.getName().equals("tensorcom-djl-prefetch")
                    && each.getState() == Thread.State.WAITING);
  }

  @Test
  void shouldNotTellOfTheEndOfTheStreamWhenOnlyPrefetchingHasComeToIt() {
    serve(2, 2);
    try (TensorcomDataset dataset = dataset(each -> each);
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      assertThat(read(dataset.getData(manager))).isEqualTo(expected(0, 0, 2));
      await("the end is read ahead", () -> converted.get() == 4 && prefetchingStands());

      assertThat(dataset.isStreamEnded()).isFalse();
      assertThat(dataset.epochReport().orElseThrow().epoch()).isZero();
      assertThat(read(dataset.getData(manager))).isEqualTo(expected(1, 0, 2));
    }
  }

  @Test
  void shouldKeepEpochsApartWhenSilenceEndsThem() throws Exception {
    try (TensorcomDataset dataset = dataset(each -> each.optSilence(Duration.ofSeconds(3)));
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      dataset.prepare(null);
      for (int epoch = 0; epoch < 2; epoch++) {
        for (int i = 0; i < 2; i++) {
          stream.send(numbered(epoch, i));
        }
        int sent = 2 * epoch + 2;
        if (epoch > 0) {
          await("read ahead", () -> converted.get() == sent);
        }
        assertThat(read(dataset.getData(manager))).isEqualTo(expected(epoch, 0, 2));
        EpochReport report = dataset.epochReport().orElseThrow();
        assertThat(report.end()).isEqualTo(EpochReport.End.SILENCE);
        assertThat(report.epoch()).isEqualTo(epoch);
      }
      assertThatThrownBy(() -> read(dataset.getData(manager)))
          .isInstanceOf(ServersLostException.class);
    }
  }

  @Test
  void shouldLeaveOutBatchesOfTheNextEpochWhenTheyAreUnlikeOthers() throws Exception {
    try (TensorcomDataset dataset = dataset(each -> each.optBatchesPerEpoch(2));
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      dataset.prepare(null);
      stream.send(numbered(0, 0));
      stream.send(numbered(0, 1));
      stream.send(
          TensorBatch.of(
              Tensor.allocate(pool, DType.INT32, 2, 9), Tensor.allocate(pool, DType.INT64, 2)));
      stream.send(numbered(1, 0));
      stream.send(numbered(1, 1));

      assertThat(read(dataset.getData(manager))).isEqualTo(expected(0, 0, 2));
      await("read ahead", () -> converted.get() == 4);
      assertThat(dataset.loadStats().batches()).as("taken").isEqualTo(2);
      assertThat(dataset.loadStats().skipped()).isEqualTo(1);
      assertThat(read(dataset.getData(manager))).isEqualTo(expected(1, 0, 2));
    }
  }

  @Test
  void shouldHandOutWhatWasReadAheadWhenTheNextEpochIsOfAnotherEngine() {
    serve(1, 100);
    try (TensorcomDataset dataset = dataset(each -> each.optBatchesPerEpoch(PER_EPOCH));
        NDManager torch = NDManager.newBaseManager("PyTorch");
        NDManager onnx = NDManager.newBaseManager("OnnxRuntime")) {
      assertThat(read(dataset.getData(torch))).hasSize(PER_EPOCH);
      await("read ahead", () -> converted.get() == PER_EPOCH + PREFETCH);

      Iterator<Batch> second = dataset.getData(onnx).iterator();
      for (int i = 0; i < PER_EPOCH; i++) {
        try (Batch batch = second.next()) {
          assertThat(batch.getData().get(0).getManager().getEngine().getEngineName())
              .isEqualTo("OnnxRuntime");
          assertThat(batch.getData().get(0).toIntArray()).containsExactly(0, PER_EPOCH + i);
        }
      }
    }
  }

  @Test
  void shouldLeaveAThreadOfTheUserFreeWhenItsEpochIsOver() throws Exception {
    serve(1, 100);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (TensorcomDataset dataset = dataset(each -> each.optBatchesPerEpoch(PER_EPOCH));
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      for (int epoch = 0; epoch < 2; epoch++) {
        int begin = epoch * PER_EPOCH;
        assertThat(read(dataset.getData(manager, executor)))
            .isEqualTo(expected(0, begin, begin + PER_EPOCH));
      }
      executor.shutdown();
      assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
      assertThat(converted).as("nothing is read ahead").hasValue(2 * PER_EPOCH);
    }
  }

  @Test
  void shouldGiveEverythingBackWhenClosedBehindAnEpoch() {
    serve(1, 100);
    try (TensorcomDataset dataset = dataset(each -> each.optBatchesPerEpoch(PER_EPOCH));
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      assertThat(read(dataset.getData(manager))).hasSize(PER_EPOCH);
      await("read ahead", () -> converted.get() == PER_EPOCH + PREFETCH);
    }
  }

  @Test
  void shouldGiveABatchBackWhenItWasAskedForAndNeverTaken() {
    serve(1, 100);
    try (TensorcomDataset dataset = dataset(each -> each.optBatchesPerEpoch(PER_EPOCH));
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      Iterator<Batch> left = dataset.getData(manager).iterator();
      assertThat(left.hasNext()).isTrue();
      assertThat(left.hasNext()).as("asked twice").isTrue();
      assertThat(dataset.loadStats().batches()).as("taken").isZero();
      assertThat(manager.getManagedArrays()).isEmpty();

      Iterator<Batch> next = dataset.getData(manager).iterator();
      assertThat(next.hasNext()).isTrue();
      assertThatThrownBy(left::next).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void shouldLetNoTimePassWhenNobodyWaitsForTheEpoch() throws Exception {
    TensorcomConfig config =
        TensorcomConfig.builder().pool(pool).receiveTimeout(Duration.ofMillis(1)).build();
    try (TensorReceiver receiver = TensorReceiver.open(config, stream.url())) {
      EpochReader reader = new EpochReader(receiver, Duration.ofMillis(1));
      LoadCounters counters = new LoadCounters();
      for (long batchesPerEpoch : new long[] {0, PER_EPOCH}) {
        EpochSource source =
            new EpochSource(
                receiver,
                reader,
                new EpochSource.Length(batchesPerEpoch, Long.MAX_VALUE, true),
                new BatchGate(TensorcomDataset.builder(), counters, System::nanoTime),
                new LostServers(OnLostServer.CONTINUE, SOON, counters));
        AtomicInteger asked = new AtomicInteger();

        assertThatThrownBy(() -> source.next(() -> asked.incrementAndGet() > 3))
            .isInstanceOf(ReceiveTimeoutException.class);
        assertThat(asked).hasValueGreaterThanOrEqualTo(4);
      }
    }
  }
}
