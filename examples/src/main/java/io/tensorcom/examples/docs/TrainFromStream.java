// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.docs;

// tag::train
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.translate.TranslateException;
import io.tensorcom.djl.TensorcomDataset;
import java.io.IOException;

/** Trains with a stream of images and classes. */
public final class TrainFromStream {
  private TrainFromStream() {}

  /** Trains for one epoch, until the servers end it. */
  public static void train(Trainer trainer, String url) throws IOException, TranslateException {
    try (TensorcomDataset dataset =
        TensorcomDataset.builder()
            .setUrls(url) // zsub://shards.bigdata19:7880
            .setData(0) // uint8 (N, H, W, 3) becomes float32 (N, 3, H, W), from 0 to 1
            .setLabels(1) // int32 becomes int64
            .optChannelsFirst(true)
            .optWiden(true)
            .optNormalize(1 / 255f, null, null)
            .build()) {
      for (Batch batch : trainer.iterateDataset(dataset)) {
        try (batch) {
          EasyTrain.trainBatch(trainer, batch);
          trainer.step();
        }
      }
      System.out.println(dataset.loadStats()); // how long the trainer waited for batches
    }
  }
}

// end::train
