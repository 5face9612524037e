// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import ai.djl.util.Progress;
import io.tensorcom.ReceiveTimeoutException;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A stream as a dataset, with the PyTorch engine on the CPU. */
@Timeout(180)
final class TensorcomDatasetTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int FEATURES = 8;
  private static final int SAMPLES = 16;

  @RegisterExtension final ServedStream stream = new ServedStream();

  private final TensorPool pool = stream.pool();

  private TensorcomDataset dataset(UnaryOperator<TensorcomDataset.Builder> adjust) {
    return adjust.apply(stream.dataset()).build();
  }

  /** Points and the sign of their sum, from a seed. */
  private static TensorBatch points(TensorPool pool, int seed) {
    java.util.Random random = new java.util.Random(seed);
    Tensor data = Tensor.allocate(pool, DType.FLOAT32, SAMPLES, FEATURES);
    Tensor labels = Tensor.allocate(pool, DType.INT64, SAMPLES);
    for (int i = 0; i < SAMPLES; i++) {
      float sum = 0;
      for (int k = 0; k < FEATURES; k++) {
        float value = (float) random.nextGaussian();
        data.data().putFloat(4 * (FEATURES * i + k), value);
        sum += value;
      }
      labels.data().putLong(8 * i, sum > 0 ? 1 : 0);
    }
    return TensorBatch.of(data, labels);
  }

  private Future<?> serve(int epochs, int batches) {
    return stream.serve(epochs, batches, (epoch, i) -> points(pool, i));
  }

  private static int count(Iterable<Batch> epoch) {
    int count = 0;
    for (Batch batch : epoch) {
      try (batch) {
        count++;
      }
    }
    return count;
  }

  @Test
  void shouldEndEpochsWithTheStreamWhenNoCountIsGiven() throws Exception {
    try (TensorcomDataset dataset = dataset(each -> each);
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      Future<?> served = serve(3, 20);
      int sum = 0;
      while (!dataset.isStreamEnded()) {
        sum += count(dataset.getData(manager));
      }
      served.get(30, TimeUnit.SECONDS);

      assertThat(sum).isEqualTo(60);
      assertThat(dataset.loadStats().batches()).isEqualTo(60);
      assertThat(dataset.loadStats().samples()).isEqualTo(60 * SAMPLES);
    }
  }

  @Test
  void shouldCountBatchesAndProgressWhenACountIsGiven() throws Exception {
    try (TensorcomDataset dataset =
            dataset(each -> each.optBatchesPerEpoch(10).optTotal(25).optPrefetch(3, 1 << 20));
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      var unused = serve(1, 40);
      List<Integer> counts = new ArrayList<>();
      for (int epoch = 0; epoch < 4; epoch++) {
        int expected = 0;
        for (Batch batch : dataset.getData(manager)) {
          try (batch) {
            assertThat(batch.getProgress()).isEqualTo(expected++);
            assertThat(batch.getProgressTotal()).isEqualTo(epoch < 2 ? 10 : 5);
            assertThat(batch.getSize()).isEqualTo(SAMPLES);
          }
        }
        counts.add(expected);
      }
      assertThat(counts).containsExactly(10, 10, 5, 0);
      assertThat(dataset.epochReport()).as("servers ended none").isEmpty();
    }
  }

  @Test
  void shouldCountOnlyWhatATrainerTookWhenATotalIsGiven() throws Exception {
    AtomicInteger converted = new AtomicInteger();
    UnaryOperator<NDList> counting =
        data -> {
          converted.incrementAndGet();
          return data;
        };
    try (TensorcomDataset dataset =
            dataset(
                each ->
                    each.optBatchesPerEpoch(4)
                        .optTotal(6)
                        .optPrefetch(3, 1 << 20)
                        .optTransform(counting));
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      var unused = serve(1, 40);
      dataset.getData(manager).iterator().next().close();
      long deadline = System.nanoTime() + SOON.toNanos();
      while (converted.get() < 4) {
        assertThat(System.nanoTime()).as("three more are prefetched").isLessThan(deadline);
        Thread.onSpinWait();
      }

      assertThat(count(dataset.getData(manager))).isEqualTo(4);
      assertThat(count(dataset.getData(manager))).isEqualTo(1);
      assertThat(count(dataset.getData(manager))).isZero();
    }
  }

  /** The same batches without a network. */
  private static final class InProcess implements Dataset {
    private final TensorPool memory = TensorPool.ofBudget(16 << 20);
    private final int batches;

    InProcess(int batches) {
      this.batches = batches;
    }

    @Override
    public Iterable<Batch> getData(NDManager manager) {
      List<Batch> all = new ArrayList<>();
      for (int i = 0; i < batches; i++) {
        NDManager sub = manager.newSubManager();
        try (TensorBatch batch = points(memory, i)) {
          float[] data = new float[SAMPLES * FEATURES];
          batch.get(0).data().asFloatBuffer().get(data);
          long[] labels = new long[SAMPLES];
          batch.get(1).data().asLongBuffer().get(labels);
          all.add(
              new Batch(
                  sub,
                  new NDList(sub.create(data, new Shape(SAMPLES, FEATURES))),
                  new NDList(sub.create(labels)),
                  SAMPLES,
                  Batchifier.STACK,
                  Batchifier.STACK,
                  i,
                  batches));
        }
      }
      return all;
    }

    @Override
    public void prepare(@Nullable Progress progress) {
      // Nothing to be done.
    }
  }

  private static List<Float> losses(Dataset dataset, int epochs) throws Exception {
    List<Float> losses = new ArrayList<>();
    ai.djl.engine.Engine.getEngine("PyTorch").setRandomSeed(7);
    try (Model model = Model.newInstance("points", Device.cpu(), "PyTorch")) {
      model.setBlock(
          new SequentialBlock()
              .add(Blocks.batchFlattenBlock(FEATURES))
              .add(Linear.builder().setUnits(16).build())
              .add(Activation::relu)
              .add(Linear.builder().setUnits(2).build()));
      Loss loss = Loss.softmaxCrossEntropyLoss();
      TrainingListener listener =
          new TrainingListenerAdapter() {
            @Override
            public void onTrainingBatch(Trainer trainer, BatchData data) {
              for (NDArray each : data.getPredictions().values().iterator().next()) {
                losses.add(each.sum().getFloat());
              }
            }
          };
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(loss)
              .optDevices(new Device[] {Device.cpu()})
              .optOptimizer(Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.1f)).build())
              .addTrainingListeners(listener);
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(SAMPLES, FEATURES));
        EasyTrain.fit(trainer, epochs, dataset, null);
      }
    }
    return losses;
  }

  @Test
  void shouldTrainToTheSameNumbersWhenBatchesComeFromAStreamOrFromTheProcess() throws Exception {
    List<Float> expected = losses(new InProcess(20), 3);
    List<Float> actual;
    try (TensorcomDataset dataset = dataset(each -> each.optBatchesPerEpoch(20))) {
      var unused = serve(3, 20);
      actual = losses(dataset, 3);
    }

    assertThat(actual).hasSize(60).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat((double) actual.get(i))
          .as("step %d", i)
          .isCloseTo(expected.get(i), org.assertj.core.data.Offset.offset(1e-6));
    }
    assertThat(expected.get(0)).as("it learns").isNotEqualTo(expected.get(59));
  }

  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("tensorcom"))
        .collect(Collectors.toSet());
  }

  @Test
  void shouldThrowInTheTrainersThreadWhenNoBatchComesInTime() {
    try (TensorcomDataset dataset =
            dataset(each -> each.optBatchesPerEpoch(1).optTimeout(Duration.ofMillis(200)));
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      Iterator<Batch> epoch = dataset.getData(manager).iterator();

      assertThatThrownBy(epoch::hasNext)
          .isInstanceOf(ReceiveTimeoutException.class)
          .hasMessageContaining("127.0.0.1");
    }
  }

  private void send(Tensor... tensors) throws InterruptedException {
    stream.send(TensorBatch.of(tensors));
  }

  @ParameterizedTest
  @EnumSource(OnBadBatch.class)
  void shouldLeaveOutOrThrowWhenAShapeChanges(OnBadBatch choice) throws Exception {
    try (TensorcomDataset dataset =
            dataset(each -> each.optBatchesPerEpoch(2).optOnBadBatch(choice));
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      dataset.prepare(null);
      for (int width : new int[] {5, 6, 5}) {
        send(
            Batches.random(pool, 1, DType.FLOAT32, 2, width),
            Batches.random(pool, 1, DType.INT64, 2));
      }
      Iterator<Batch> epoch = dataset.getData(manager).iterator();
      epoch.next().close();

      if (choice == OnBadBatch.THROW) {
        assertThatThrownBy(epoch::hasNext)
            .isInstanceOf(ShapeChangeException.class)
            .hasMessageContaining("[n, 6]")
            .hasMessageContaining("[n, 5]")
            .hasMessageContaining(stream.address());
      } else {
        epoch.next().close();
        assertThat(epoch.hasNext()).isFalse();
        assertThat(dataset.loadStats().skipped()).isEqualTo(1);
      }
    }
  }

  @Test
  void shouldReleaseEverythingWhenClosedInTheMiddleOfAnEpoch() throws Exception {
    TensorcomDataset dataset = dataset(each -> each.optPrefetch(4, 1 << 20));
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      Future<?> served = serve(1, 1000);
      Iterator<Batch> epoch = dataset.getData(manager).iterator();
      epoch.next().close();
      Batch held = epoch.next();

      dataset.close();

      long soon = System.nanoTime() + SOON.toNanos();
      while (threads().stream().anyMatch(name -> name.contains("prefetch"))) {
        assertThat(System.nanoTime()).as("the thread ends").isLessThan(soon);
      }
      held.close();
      assertThatThrownBy(epoch::next).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> dataset.getData(manager).iterator())
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the dataset is closed");
      assertThatThrownBy(() -> dataset.prepare(null)).hasMessage("the dataset is closed");
      assertThat(dataset.loadStats().batches()).as("told after it is closed").isEqualTo(2);
      assertThat(dataset.epochReport()).isEmpty();
      assertThat(dataset.isStreamEnded()).isFalse();
      dataset.close();
      served.cancel(true);
    }
  }

  @Test
  void shouldBeginAnewWhenAnEpochIsLeftEarly() throws Exception {
    try (TensorcomDataset dataset = dataset(each -> each.optBatchesPerEpoch(10));
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      var unused = serve(1, 100);
      Iterator<Batch> left = dataset.getData(manager).iterator();
      left.next().close();

      assertThat(count(dataset.getData(manager))).isEqualTo(10);
      assertThatThrownBy(left::next).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void shouldSayOnWhichSideTheBottleneckIsWhenTheTrainerIsSlow() throws Exception {
    try (TensorcomDataset dataset = dataset(each -> each.optBatchesPerEpoch(30));
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      var unused = serve(1, 30);
      for (Batch batch : dataset.getData(manager)) {
        try (batch) {
          long until = System.nanoTime() + 10_000_000;
          while (System.nanoTime() < until) {
            Thread.onSpinWait();
          }
        }
      }
      LoadStats stats = dataset.loadStats();

      assertThat(stats.batches()).isEqualTo(30);
      assertThat(stats.ready()).as("data waited").isGreaterThan(stats.loading());
      assertThat(stats.toString()).contains("30 batches");
    }
  }

  @Test
  void shouldRefuseWhenSomethingRequiredIsMissing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TensorcomDataset.builder().setData(0).build())
        .withMessageContaining("setUrls");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TensorcomDataset.builder().setUrls("zsub://a:1").build())
        .withMessageContaining("setData");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TensorcomDataset.builder().optPrefetch(0, 1))
        .withMessageContaining("prefetched batches: 0");
  }
}
