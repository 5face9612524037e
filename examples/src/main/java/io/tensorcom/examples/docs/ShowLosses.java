// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.docs;

import io.tensorcom.TensorReceiver;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.TensorBatch;

/** Receives to the end of the streams, and says what did not come. */
public final class ShowLosses {
  private ShowLosses() {}

  /** Runs the program; the argument is the URL to receive from. */
  public static void main(String[] args) {
    try (TensorReceiver receiver = TensorReceiver.open(args[0])) {
      for (TensorBatch batch : receiver) {
        batch.close();
      }
      // tag::losses
      for (StreamStats stream : receiver.stats().streams()) {
        // lost 312 of 40,000 from 10.0.1.149:7880; unknown tail
        System.out.println(stream.lossLine());
      }
      // end::losses
    }
  }
}
