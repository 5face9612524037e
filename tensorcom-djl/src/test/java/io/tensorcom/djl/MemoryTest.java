// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import io.tensorcom.ServeOptions;
import io.tensorcom.TensorSender;
import io.tensorcom.TensorcomConfig;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine's memory, of which the heap tells nothing. */
@Timeout(180)
final class MemoryTest {
  private static final int EPOCHS = 100;
  private static final int BATCHES = 100;
  private static final int WARM = 30;

  private static final int SAMPLES = 4;
  private static final int SIDE = 64;

  /** Of each sixteenth batch that is made after that; 13 MB more were seen, which are the JVM's. */
  private static final long MOST_KILOBYTES =
      (EPOCHS - WARM) * BATCHES * 4L * SAMPLES * SIDE * SIDE * 3 / 16 / 1024;

  private final TensorPool pool = TensorPool.builder().budgetBytes(64 << 20).build();

  private static long residentKilobytes() throws IOException {
    System.gc();
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  private static void serve(TensorSender sender) {
    try (TensorBatch batch =
        TensorBatch.of(
            Batches.random(sender.pool(), 1, DType.UINT8, SAMPLES, SIDE, SIDE, 3),
            Batches.random(sender.pool(), 1, DType.INT32, SAMPLES))) {
      var unused =
          sender.serveEpochs(
              EPOCHS,
              epoch ->
                  new OnDemand(
                      BATCHES, i -> TensorBatch.of(batch.get(0).share(), batch.get(1).share())),
              ServeOptions.forEver());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void shouldStayFlatWhenAHundredEpochsOfAHundredBatchesAreConverted() throws Exception {
    TensorcomConfig config = TensorcomConfig.builder().pool(pool).build();
    try (TensorSender sender = TensorSender.open(config, "zrpush://127.0.0.1:0");
        TensorcomDataset dataset =
            TensorcomDataset.builder()
                .setUrls(sender.boundEndpoints().get(0).replace("tcp", "zrpull"))
                .setData(0)
                .setLabels(1)
                .optWiden(true)
                .optChannelsFirst(true)
                .optNormalize(1 / 255f, new float[] {0.5f, 0.5f, 0.5f}, null)
                .optReceiver(config)
                .build();
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      CompletableFuture<Void> serving = CompletableFuture.runAsync(() -> serve(sender));
      long warm = 0;
      long batches = 0;
      for (int epoch = 0; !dataset.isStreamEnded(); epoch++) {
        warm = epoch == WARM ? residentKilobytes() : warm;
        for (Batch batch : dataset.getData(manager)) {
          batch.close();
          batches++;
        }
      }
      serving.join();

      assertThat(batches).isEqualTo(EPOCHS * BATCHES);
      assertThat(manager.getManagedArrays()).isEmpty();
      assertThat(residentKilobytes() - warm).as("kB more").isLessThan(MOST_KILOBYTES);
    }
    Leases.awaitAllBack(pool);
  }
}
