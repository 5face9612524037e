// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.translate.Batchifier;
import ai.djl.util.Progress;
import io.tensorcom.ServeOptions;
import io.tensorcom.TensorSender;
import io.tensorcom.djl.TensorcomDataset;
import io.tensorcom.examples.images.Archives;
import io.tensorcom.examples.images.ImageBatches;
import io.tensorcom.examples.images.ImageBatchesConfig;
import io.tensorcom.examples.images.OnePass;
import io.tensorcom.examples.images.ServerPart;
import io.tensorcom.examples.images.ShardSource;
import io.tensorcom.examples.images.SkipLog;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The same network, seed and real images: once from a stream, once without it. */
@Timeout(300)
final class TrainingLoopTest {
  private static final int STEPS = 40;
  private static final int BATCH_SIZE = 25;
  private static final float[] MEAN = {0.5f, 0.4f, 0.3f};
  private static final float[] STD = {0.2f, 0.3f, 0.4f};

  @BeforeAll
  static void stayOffline() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  private static Iterator<TensorBatch> images(TensorPool pool) {
    SkipLog skips = new SkipLog(line -> {});
    return new ImageBatches(
        ImageBatchesConfig.ofBatchSize(BATCH_SIZE),
        new OnePass(new ShardSource(Archives.fashionMnist(1), ServerPart.ALL, null, skips)),
        pool,
        Runnable::run,
        skips);
  }

  /** What a user would write who has the batches in the same process. */
  private static final class InProcess implements Dataset {
    @Override
    public Iterable<Batch> getData(NDManager manager) {
      TensorPool pool = TensorPool.ofBudget(16 << 20);
      Iterator<TensorBatch> images = images(pool);
      return () ->
          new Iterator<>() {
            @Override
            public boolean hasNext() {
              return images.hasNext();
            }

            @Override
            public Batch next() {
              return batch(manager.newSubManager(), images.next());
            }
          };
    }

    private static Batch batch(NDManager manager, TensorBatch batch) {
      try (batch) {
        byte[] pixels = new byte[batch.get(0).byteSize()];
        batch.get(0).data().get(pixels);
        int[] classes = new int[BATCH_SIZE];
        batch.get(1).data().asIntBuffer().get(classes);
        Shape channels = new Shape(3);
        NDArray data =
            manager
                .create(
                    java.nio.ByteBuffer.wrap(pixels),
                    new Shape(batch.get(0).shape()),
                    DataType.UINT8)
                .toType(DataType.FLOAT32, true)
                .mul(1 / 255f)
                .sub(manager.create(MEAN, channels))
                .div(manager.create(STD, channels))
                .transpose(0, 3, 1, 2);
        NDArray labels = manager.create(classes).toType(DataType.INT64, true);
        return new Batch(
            manager,
            new NDList(data),
            new NDList(labels),
            BATCH_SIZE,
            Batchifier.STACK,
            Batchifier.STACK,
            0,
            0);
      }
    }

    @Override
    public void prepare(@Nullable Progress progress) {
      // Nothing to be done.
    }
  }

  /** Each end of an epoch of three batches takes so long. */
  private static final class LateEnds implements Dataset {
    static final long NANOS = 40_000_000;

    @Override
    public Iterable<Batch> getData(NDManager manager) {
      Iterator<Batch> all = new InProcess().getData(manager).iterator();
      return () ->
          new Iterator<>() {
            private int left = 3;

            @Override
            public boolean hasNext() {
              long until = System.nanoTime() + NANOS;
              while (left == 0 && System.nanoTime() < until) {
                Thread.onSpinWait();
              }
              return left > 0;
            }

            @Override
            public Batch next() {
              left--;
              return all.next();
            }
          };
    }

    @Override
    public void prepare(@Nullable Progress progress) {
      // Nothing to be done.
    }
  }

  @Test
  void shouldCountTheWaitsForEndsOfEpochsAsLoading() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TrainingLog log =
        new TrainingLog(new PrintStream(bytes, true, StandardCharsets.UTF_8), false, 0);
    try (Model model = Model.newInstance("cnn");
        TrainingLoop loop = new TrainingLoop(model, ModelKind.CNN, 10, 0.001f, log)) {
      for (int epoch = 0; epoch < 2; epoch++) {
        loop.epoch(new LateEnds(), () -> true);
      }
    }
    log.end(List.of());

    String end = bytes.toString(StandardCharsets.UTF_8).lines().reduce("", (a, b) -> b);
    double perBatch = Double.parseDouble(end.replaceAll(".* loading (\\S+) s per batch", "$1"));
    // Two ends, six steps, of which the first counts for nothing.
    assertThat(perBatch).isGreaterThanOrEqualTo(2 * LateEnds.NANOS / 1e9 / 5 * 0.99);
  }

  @Test
  void shouldStepWhenTheNetworkIsResNet50() throws Exception {
    TrainingLog log =
        new TrainingLog(
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8), false, 0);
    Dataset two =
        new Dataset() {
          @Override
          public Iterable<Batch> getData(NDManager manager) {
            NDManager sub = manager.newSubManager();
            NDArray images = sub.randomUniform(0, 1, new Shape(2, 3, 64, 64));
            NDArray classes = sub.create(new long[] {3, 999});
            return List.of(
                new Batch(
                    sub,
                    new NDList(images),
                    new NDList(classes),
                    2,
                    Batchifier.STACK,
                    Batchifier.STACK,
                    0,
                    1));
          }

          @Override
          public void prepare(@Nullable Progress progress) {
            // Nothing to be done.
          }
        };
    try (Model model = Model.newInstance("resnet50");
        TrainingLoop loop = new TrainingLoop(model, ModelKind.RESNET50, 1000, 0.001f, log)) {
      loop.epoch(two, () -> true);
      loop.epoch(two, () -> true);

      long parameters = 0;
      for (Parameter each : model.getBlock().getParameters().values()) {
        parameters += each.getArray().size();
      }
      assertThat(parameters).as("of ResNet-50, 1,000 classes").isBetween(25_000_000L, 26_000_000L);
    }
    assertThat(log.losses()).hasSize(2).allMatch(loss -> loss > 0 && loss < 100);
  }

  private static List<Float> losses(Dataset dataset) throws Exception {
    Engine.getInstance().setRandomSeed(3);
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    TrainingLog log = new TrainingLog(nowhere, false, 0);
    BooleanSupplier goesOn = () -> log.steps() < STEPS;
    try (Model model = Model.newInstance("cnn");
        TrainingLoop loop = new TrainingLoop(model, ModelKind.CNN, 10, 0.001f, log)) {
      loop.epoch(dataset, goesOn);
    }
    return log.losses();
  }

  @Test
  void shouldHaveTheSameLossesWhenBatchesComeFromAStreamOrFromTheProcess() throws Exception {
    List<Float> expected = losses(new InProcess());
    List<Float> actual;
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s");
        TensorcomDataset dataset =
            TensorcomDataset.builder()
                .setUrls(sender.boundEndpoints().get(0).replace("tcp", "zrpull"))
                .setData(0)
                .setLabels(1)
                .optWiden(true)
                .optChannelsFirst(true)
                .optNormalize(1 / 255f, MEAN, STD)
                .build()) {
      CompletableFuture<Void> serving = CompletableFuture.runAsync(() -> serve(sender));
      actual = losses(dataset);
      sender.close(Duration.ZERO);
      serving.handle((done, failure) -> "" + failure).join();
    }

    assertThat(actual).hasSize(STEPS).hasSameSizeAs(expected);
    for (int i = 0; i < STEPS; i++) {
      assertThat((double) actual.get(i))
          .as("step %d", i)
          .isCloseTo(expected.get(i), Offset.offset(1e-6));
    }
    assertThat(expected.get(STEPS - 1)).as("it learns").isLessThan(expected.get(0) / 2);
  }

  private static void serve(TensorSender sender) {
    try {
      var unused = sender.serveEpochs(1, epoch -> images(sender.pool()), ServeOptions.forEver());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
