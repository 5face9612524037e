// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorSender;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SendResult;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Locale;

/**
 * One side of a stream of the 14.45 MB batch of the ImageNet server, through the public API; of
 * other batches with {@code -Dimages=N -Dside=PIXELS}.
 *
 * <p>Arguments: {@code send|recv URL BATCHES SKIP [PAUSE_MS]}. The receiver touches each page of
 * what it gets, pauses after every 100th batch if asked to, and prints the rate from batch SKIP on,
 * in GB/s, as its last line.
 */
public final class Stream {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int PAGE = 4096;
  private static final int IMAGES = Integer.getInteger("images", 96);
  private static final int SIDE = Integer.getInteger("side", 224);

  private Stream() {}

  /** Runs one side. */
  public static void main(String[] args) throws InterruptedException {
    int batches = Integer.parseInt(args[2]);
    if (args[0].equals("send")) {
      send(args[1], batches);
    } else {
      receive(args[1], batches, Integer.parseInt(args[3]), pause(args));
    }
    System.exit(0);
  }

  private static int pause(String[] args) {
    return args.length > 4 ? Integer.parseInt(args[4]) : 0;
  }

  private static void send(String url, int batches) throws InterruptedException {
    try (TensorSender sender = TensorSender.open(url);
        TensorBatch batch =
            TensorBatch.of(
                Tensor.allocate(sender.pool(), DType.UINT8, IMAGES, SIDE, SIDE, 3),
                Tensor.allocate(sender.pool(), DType.INT32, IMAGES))) {
      for (int i = 0; i < batches; i++) {
        if (sender.send(batch, PATIENCE) != SendResult.SENT) {
          throw new IllegalStateException("not sent within " + PATIENCE + ": batch=" + i);
        }
      }
      sender.close(PATIENCE);
    }
  }

  private static void receive(String url, int batches, int skip, int pauseMs)
      throws InterruptedException {
    long start = System.nanoTime();
    long bytes = 0;
    long sum = 0;
    try (TensorReceiver receiver = TensorReceiver.open(url)) {
      for (int i = 0; i < batches; i++) {
        try (TensorBatch batch = receiver.receive()) {
          ByteBuffer data = batch.get(0).data();
          for (int at = 0; at < data.limit(); at += PAGE) {
            sum += data.get(at);
          }
          bytes += i >= skip ? batch.byteSize() : 0;
        }
        Marks.received(i + 1, batches);
        if (i == skip - 1) {
          start = System.nanoTime();
        }
        if (pauseMs > 0 && i % 100 == 99) {
          pause(receiver, i + 1, pauseMs);
        }
      }
    }
    double rate = bytes / (double) (System.nanoTime() - start);
    System.out.printf(Locale.ROOT, "checksum %d%n%.3f GB/s%n", sum, rate);
  }

  private static void pause(TensorReceiver receiver, int count, int pauseMs)
      throws InterruptedException {
    // The subject itself: a receiver that is slow. It waits for nothing.
    Thread.sleep(pauseMs);
    if (count % 1000 == 0) {
      // What is garbage says nothing about growth.
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      System.out.printf(
          Locale.ROOT,
          "%d batches, heap %d MiB, pool leased %d MiB and idle %d MiB%n",
          count,
          (runtime.totalMemory() - runtime.freeMemory()) >> 20,
          receiver.pool().stats().leasedBytes() >> 20,
          receiver.pool().stats().idleBytes() >> 20);
    }
  }
}
