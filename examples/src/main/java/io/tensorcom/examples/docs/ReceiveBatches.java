// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.docs;

import io.tensorcom.TensorReceiver;
import io.tensorcom.tensor.TensorBatch;
import java.nio.ByteBuffer;

/** Receives ten batches. */
public final class ReceiveBatches {
  private ReceiveBatches() {}

  /** Runs the program; the argument is the URL to receive from. */
  public static void main(String[] args) throws InterruptedException {
    String url = args[0];
    // tag::receive
    try (TensorReceiver receiver = TensorReceiver.open(url)) {
      for (int i = 0; i < 10; i++) {
        try (TensorBatch batch = receiver.receive()) { // waits for 60 s at most, then throws
          ByteBuffer pixels = batch.get(0).data(); // valid until the batch is closed
          System.out.println(batch + ", first byte " + pixels.get(0));
        }
      }
      System.out.println(receiver.stats());
    }
    // end::receive
  }
}
