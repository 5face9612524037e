// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.LoggingTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.util.ProgressBar;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What DJL does by itself with a dataset: devices, epochs, progress. */
@Timeout(120)
final class EasyTrainTest {
  private static final int SAMPLES = 5;
  private static final int BATCHES = 10;

  @RegisterExtension final ServedStream stream = new ServedStream();

  private void serve(int epochs) {
    var unused = stream.serve(epochs, BATCHES, (epoch, i) -> batch(SAMPLES));
  }

  /** Samples of class 0 and 1 that a plane parts. */
  private TensorBatch batch(int samples) {
    TensorPool pool = stream.pool();
    Tensor data = Tensor.allocate(pool, DType.FLOAT32, samples, 2);
    Tensor classes = Tensor.allocate(pool, DType.INT32, samples);
    for (int i = 0; i < samples; i++) {
      data.data().putFloat(8 * i, i % 2 == 0 ? 1 : -1);
      data.data().putFloat(8 * i + 4, 0.5f);
      classes.data().putInt(4 * i, i % 2);
    }
    return TensorBatch.of(data, classes);
  }

  /** What a listener saw: parts of each batch, and its place. */
  private static final class Seen extends TrainingListenerAdapter {
    private final List<Integer> parts = new ArrayList<>();
    private final List<Long> progress = new ArrayList<>();
    private final List<Float> losses = new ArrayList<>();
    private int epochs;

    @Override
    public void onTrainingBatch(Trainer trainer, BatchData data) {
      for (Batch part : data.getBatch().split(trainer.getDevices(), false)) {
        parts.add(part.getSize());
      }
      progress.add(data.getBatch().getProgress());
      Device device = trainer.getDevices()[0];
      losses.add(
          trainer
              .getLoss()
              .evaluate(data.getLabels().get(device), data.getPredictions().get(device))
              .getFloat());
    }

    @Override
    public void onEpoch(Trainer trainer) {
      epochs++;
    }
  }

  /** DJL refuses the same device twice, and all CPUs are the same to it. */
  private static final class OnDevices extends Trainer {
    private final Device[] devices;

    OnDevices(Model model, TrainingConfig config, Device[] devices) {
      super(model, config);
      this.devices = devices;
    }

    @Override
    public Device[] getDevices() {
      return devices == null ? super.getDevices() : devices;
    }
  }

  private static void fit(TensorcomDataset dataset, Device[] devices, TrainingListener... listeners)
      throws Exception {
    try (Model model = Model.newInstance("plane", devices[0], "PyTorch")) {
      Engine.getEngine("PyTorch").setRandomSeed(7);
      model.setBlock(
          new SequentialBlock()
              .add(Linear.builder().setUnits(4).build())
              .add(Activation::tanh)
              .add(Linear.builder().setUnits(2).build()));
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
              .optDevices(new Device[] {devices[0]})
              .addTrainingListeners(listeners);
      try (Trainer trainer = new OnDevices(model, config, devices)) {
        trainer.initialize(new Shape(SAMPLES, 2));
        EasyTrain.fit(trainer, 3, dataset, null);
      }
    }
  }

  @Test
  void shouldTrainOnPartsWhenThereAreTwoDevices() throws Exception {
    Device[] devices = {Device.cpu(), Device.cpu()};
    serve(3);
    Seen seen = new Seen();
    try (TensorcomDataset dataset = stream.dataset().optDevices(devices).optWiden(true).build()) {
      fit(dataset, devices, seen);

      assertThat(dataset.loadStats().batches()).isEqualTo(3 * BATCHES);
    }
    assertThat(seen.epochs).isEqualTo(3);
    assertThat(seen.parts).hasSize(2 * 3 * BATCHES).startsWith(2, 3, 2, 3);
    assertThat(seen.losses.get(3 * BATCHES - 1)).as("it learns").isLessThan(seen.losses.get(0));
  }

  @Test
  void shouldFillTheBarOfProgressWhenEpochsAreCounted() throws Exception {
    serve(3);
    Seen seen = new Seen();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try (TensorcomDataset dataset =
        stream.dataset().optBatchesPerEpoch(BATCHES).optWiden(true).build()) {
      dataset.prepare(new ProgressBar());
      fit(dataset, new Device[] {Device.cpu()}, seen, new LoggingTrainingListener());
    } finally {
      System.setOut(before);
    }
    assertThat(seen.progress.subList(0, BATCHES + 1))
        .containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 0L);
    assertThat(bytes.toString(StandardCharsets.UTF_8)).contains(" 10% |", " 50% |", "100% |");
  }

  @Test
  void shouldLoseNoMemoryWhenATrainingFailsInTheMiddle() throws Exception {
    serve(1);
    IllegalStateException mine = new IllegalStateException("no more");
    TrainingListener failing =
        new TrainingListenerAdapter() {
          @Override
          public void onTrainingBatch(Trainer trainer, BatchData data) {
            if (data.getBatch().getProgress() == 3) {
              throw mine;
            }
          }
        };
    // DJL does not close the batch then, only what the trainer has.
    try (TensorcomDataset dataset =
        stream.dataset().optBatchesPerEpoch(BATCHES).optWiden(true).build()) {
      assertThatThrownBy(() -> fit(dataset, new Device[] {Device.cpu()}, failing)).isSameAs(mine);
    }
  }

  @Test
  void shouldTrainOnOnePartWhenThereIsOneSampleForTwoDevices() throws Exception {
    Device[] devices = {Device.cpu(), Device.cpu()};
    var unused = stream.serve(3, 2, (epoch, i) -> batch(i == 0 ? SAMPLES : 1));
    Seen seen = new Seen();
    try (TensorcomDataset dataset = stream.dataset().optDevices(devices).optWiden(true).build()) {
      fit(dataset, devices, seen);

      assertThat(dataset.loadStats().samples()).isEqualTo(3 * (SAMPLES + 1));
    }
    assertThat(seen.parts).containsExactly(2, 3, 1, 2, 3, 1, 2, 3, 1);
  }

  @Test
  void shouldShowProgressWithoutATotalWhenServersEndTheEpochs() throws Exception {
    serve(3);
    Seen seen = new Seen();
    try (TensorcomDataset dataset = stream.dataset().optWiden(true).build()) {
      fit(dataset, new Device[] {Device.cpu()}, seen, new LoggingTrainingListener());
    }
    assertThat(seen.progress).hasSize(3 * BATCHES).startsWith(0L, 1L, 2L);
    assertThat(seen.epochs).isEqualTo(3);
  }
}
