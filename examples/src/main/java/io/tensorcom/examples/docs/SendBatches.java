// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.docs;

import io.tensorcom.TensorSender;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SendResult;
import java.time.Duration;

/** Sends ten batches to whoever pulls. */
public final class SendBatches {
  private SendBatches() {}

  /** Runs the program; the argument is the URL to serve at. */
  public static void main(String[] args) throws InterruptedException {
    String url = args[0];
    // tag::send
    try (TensorSender sender = TensorSender.open(url)) {
      for (int i = 0; i < 10; i++) {
        Tensor images = Tensor.allocate(sender.pool(), DType.UINT8, 32, 224, 224, 3).info("img");
        images.data().put(0, (byte) i); // fill in place
        Tensor labels = Tensor.copyOf(sender.pool(), DType.INT32, new int[32], 32).info("cls");
        try (TensorBatch batch = TensorBatch.of(images, labels)) {
          SendResult result = sender.send(batch, Duration.ofSeconds(30));
          System.out.println(i + " " + result);
        }
      }
    }
    // end::send
  }
}
