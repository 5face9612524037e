// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.gpu;

import io.tensorcom.TensorSender;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SendResult;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/** Sends one batch of images and classes over and over, by a thread of its own. */
final class CheckSender implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final TensorSender sender;
  private final TensorBatch batch;
  private final Thread thread = new Thread(this::run, "gpu-check-sender");

  CheckSender(int images, int size) {
    this.sender = TensorSender.open("zrpush://127.0.0.1:0");
    Tensor pixels = Tensor.allocate(sender.pool(), DType.UINT8, images, size, size, 3);
    ByteBuffer data = pixels.data();
    for (int i = 0; i < data.limit(); i++) {
      data.put(i, (byte) (i * 31 + i / 257));
    }
    int[] classes = new int[images];
    for (int i = 0; i < images; i++) {
      classes[i] = i % 1000;
    }
    this.batch = TensorBatch.of(pixels, Tensor.copyOf(sender.pool(), DType.INT32, classes, images));
    thread.setDaemon(true);
    thread.start();
  }

  String url() {
    return sender.boundEndpoints().get(0).replace("tcp", "zrpull");
  }

  long batchBytes() {
    return batch.byteSize();
  }

  /** {@return what the tensors hold, to be read only} */
  List<ByteBuffer> contents() {
    return List.of(batch.get(0).data(), batch.get(1).data());
  }

  private void run() {
    try {
      SendResult result = SendResult.SENT;
      while (result != SendResult.CLOSED) {
        result = sender.send(batch, PATIENCE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    sender.close(Duration.ZERO);
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    batch.close();
  }
}
