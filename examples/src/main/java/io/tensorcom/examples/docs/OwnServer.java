// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.docs;

// tag::server
import io.tensorcom.ServeOptions;
import io.tensorcom.TensorSender;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Serves batches of a user's own data, prepared on all cores, in order. */
public final class OwnServer {
  private OwnServer() {}

  /** Serves for ever at the URL that is the argument. */
  public static void main(String[] args) throws InterruptedException {
    try (TensorSender sender = TensorSender.open(args[0])) {
      Deque<CompletableFuture<TensorBatch>> ahead = new ArrayDeque<>();
      int[] next = {0};
      Stream<TensorBatch> batches =
          Stream.generate(
              () -> {
                while (ahead.size() < 2 * Runtime.getRuntime().availableProcessors()) {
                  int number = next[0]++;
                  ahead.add(CompletableFuture.supplyAsync(() -> prepare(sender.pool(), number)));
                }
                return ahead.remove().join();
              });
      try {
        sender.serve(
            batches, ServeOptions.forEver().reporting(100, (n, s) -> System.out.println(s)));
      } finally {
        ahead.forEach(OwnServer::giveBack);
      }
    }
  }

  /** Waits until it is prepared, and closes it; one that failed has no memory. */
  static void giveBack(CompletableFuture<TensorBatch> batch) {
    batch.thenAccept(TensorBatch::close).exceptionally(failure -> null).join();
  }

  private static TensorBatch prepare(TensorPool pool, int number) {
    Tensor samples = Tensor.allocate(pool, DType.FLOAT32, 64, 1000);
    ByteBuffer data = samples.data();
    while (data.hasRemaining()) {
      data.putFloat((float) Math.sin(number + data.position()));
    }
    return TensorBatch.of(samples);
  }
}
// end::server
