// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.training;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.XavierInitializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.TranslateException;
import io.tensorcom.examples.cli.UserException;
import java.io.IOException;
import java.util.Iterator;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Trains one network with the batches of any dataset; the network is made when the first batch has
 * told the size of images. Not thread-safe.
 */
final class TrainingLoop implements AutoCloseable {
  /** What was predicted of images that the network has not seen. */
  record Accuracy(long correct, long all) {
    double share() {
      return all == 0 ? 0 : (double) correct / all;
    }
  }

  private final Model model;
  private final ModelKind kind;
  private final int outputs;
  private final float learningRate;
  private final TrainingLog log;
  private @Nullable Trainer trainer;

  /** Of epochs that had no batch. */
  private long beforeFirstNanos;

  TrainingLoop(Model model, ModelKind kind, int outputs, float learningRate, TrainingLog log) {
    this.model = model;
    this.kind = kind;
    this.outputs = outputs;
    this.learningRate = learningRate;
    this.log = log;
  }

  /** Trains with the batches of one epoch, as long as it may go on. */
  void epoch(Dataset dataset, BooleanSupplier goesOn) throws IOException, TranslateException {
    long start = System.nanoTime();
    Iterator<Batch> batches = dataset.getData(model.getNDManager()).iterator();
    boolean more = goesOn.getAsBoolean() && batches.hasNext();
    while (more) {
      enterWait(System.nanoTime() - start);
      try (Batch batch = batches.next()) {
        Trainer ready = trainerFor(batch);
        long begun = System.nanoTime();
        float loss = step(ready, batch);
        log.step(batch.getSize(), loss, System.nanoTime() - begun);
      }
      start = System.nanoTime();
      more = goesOn.getAsBoolean() && batches.hasNext();
    }
    enterEnd(System.nanoTime() - start);
  }

  private void enterWait(long nanos) {
    if (trainer == null) {
      log.firstBatchAfter(beforeFirstNanos + nanos);
    } else {
      log.waited(nanos);
    }
  }

  private void enterEnd(long nanos) {
    if (trainer == null) {
      beforeFirstNanos += nanos;
    } else {
      log.waited(nanos);
    }
  }

  private Trainer trainerFor(Batch batch) {
    Trainer made = trainer;
    if (made == null) {
      Shape shape = batch.getData().get(0).getShape();
      if (shape.dimension() != 4 || shape.get(1) != 3) {
        throw new UserException(
            "tensor 0 has shape " + shape + " (expected: uint8 images, (N, H, W, 3))");
      }
      model.setBlock(kind.block(shape.slice(1), outputs));
      made = model.newTrainer(config());
      made.initialize(shape);
      trainer = made;
    }
    return made;
  }

  private DefaultTrainingConfig config() {
    Optimizer adam = Optimizer.adam().optLearningRateTracker(Tracker.fixed(learningRate)).build();
    // As PyTorch's layers begin. DJL's default is six times that variance: on the last layer, too.
    Initializer weights =
        new XavierInitializer(
            XavierInitializer.RandomType.UNIFORM, XavierInitializer.FactorType.IN, 1);
    return new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
        .optOptimizer(adam)
        .optInitializer(weights, Parameter.Type.WEIGHT);
  }

  private static float step(Trainer trainer, Batch batch) {
    float value;
    try (GradientCollector collector = trainer.newGradientCollector();
        NDList predictions = trainer.forward(batch.getData(), batch.getLabels());
        NDArray loss = trainer.getLoss().evaluate(batch.getLabels(), predictions)) {
      collector.backward(loss);
      value = loss.getFloat();
    }
    trainer.step();
    return value;
  }

  /** Predicts what one epoch of the dataset shows; nothing is learned from it. */
  Accuracy evaluate(Dataset test) throws IOException, TranslateException {
    Trainer trained = trainer;
    if (trained == null) {
      return new Accuracy(0, 0);
    }
    long correct = 0;
    long all = 0;
    for (Batch batch : test.getData(trained.getManager())) {
      try (batch;
          NDList predictions = trained.evaluate(batch.getData());
          NDArray classes = predictions.singletonOrThrow().argMax(1);
          NDArray equal = classes.eq(batch.getLabels().singletonOrThrow())) {
        correct += equal.countNonzero().getLong();
        all += batch.getSize();
      }
    }
    return new Accuracy(correct, all);
  }

  @Override
  public void close() {
    if (trainer != null) {
      trainer.close();
    }
  }
}
