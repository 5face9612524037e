// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.netty.util.internal.PlatformDependent;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SendResult;
import java.time.Duration;

/**
 * One side of a stream that prints in which memory its batches lie: {@code send|recv URL COUNT}.
 */
final class AddressPrinter {
  static final int BYTES = 14_450_688;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private AddressPrinter() {}

  public static void main(String[] args) throws InterruptedException {
    int count = Integer.parseInt(args[2]);
    if (args[0].equals("send")) {
      send(args[1], count);
    } else {
      receive(args[1], count);
    }
  }

  private static void send(String url, int count) throws InterruptedException {
    try (TensorSender sender = TensorSender.open(url);
        TensorBatch batch = TensorBatch.of(Tensor.allocate(sender.pool(), DType.UINT8, BYTES))) {
      print(batch);
      for (int i = 0; i < count; i++) {
        if (sender.send(batch, PATIENCE) != SendResult.SENT) {
          throw new IllegalStateException("not sent: " + i);
        }
      }
      sender.close(PATIENCE);
    }
  }

  private static void receive(String url, int count) throws InterruptedException {
    try (TensorReceiver receiver = TensorReceiver.open(url)) {
      for (int i = 0; i < count; i++) {
        try (TensorBatch batch = receiver.receive()) {
          print(batch);
        }
      }
    }
  }

  private static void print(TensorBatch batch) {
    System.out.println(PlatformDependent.directBufferAddress(batch.get(0).data()));
  }
}
