// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import io.tensorcom.ServeOptions;
import io.tensorcom.TensorSender;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop of the documentation. */
@Timeout(60)
final class TrainFromStreamTest {
  private static final int BATCHES = 7;

  @BeforeAll
  static void stayOffline() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  @Test
  void shouldTrainWithEveryBatchWhenTheServerEndsTheEpoch() throws Exception {
    AtomicInteger trained = new AtomicInteger();
    SequentialBlock block =
        new SequentialBlock()
            .add(Blocks.batchFlattenBlock())
            .add(Linear.builder().setUnits(10).build());
    DefaultTrainingConfig config =
        new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
            .addTrainingListeners(
                new TrainingListenerAdapter() {
                  @Override
                  public void onTrainingBatch(Trainer trainer, BatchData batch) {
                    trained.incrementAndGet();
                  }
                });
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0");
        Model model = Model.newInstance("linear")) {
      model.setBlock(block);
      CompletableFuture<Void> serving = CompletableFuture.runAsync(() -> serve(sender));
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(4, 3, 8, 8));
        TrainFromStream.train(trainer, sender.boundEndpoints().get(0).replace("tcp", "zrpull"));
      }
      serving.join();
    }

    assertThat(trained).hasValue(BATCHES);
  }

  private static void serve(TensorSender sender) {
    try {
      var unused =
          sender.serveEpochs(
              1,
              epoch ->
                  IntStream.range(0, BATCHES)
                      .mapToObj(
                          i ->
                              TensorBatch.of(
                                  Tensor.allocate(sender.pool(), DType.UINT8, 4, 8, 8, 3),
                                  Tensor.allocate(sender.pool(), DType.INT32, 4)))
                      .iterator(),
              ServeOptions.forEver());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
