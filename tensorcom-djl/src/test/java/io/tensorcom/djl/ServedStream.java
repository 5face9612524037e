// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.ServeOptions;
import io.tensorcom.TensorSender;
import io.tensorcom.TensorcomConfig;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.SendResult;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A sender on this machine and datasets of what it sends, all from one checked pool, of which no
 * lease may be out when it is closed.
 */
final class ServedStream implements AfterEachCallback, AutoCloseable {
  private static final Duration SOON = Duration.ofSeconds(30);

  private final TensorPool pool = TensorPool.builder().budgetBytes(64 << 20).checked(true).build();
  private final TensorcomConfig config = TensorcomConfig.builder().pool(pool).build();
  private final TensorSender sender = TensorSender.open(config, "zrpush://127.0.0.1:0");
  private final ExecutorService serving = Executors.newSingleThreadExecutor();

  /** Makes batches, which pass over. */
  @FunctionalInterface
  interface Made {
    /** Makes the batch of this number, from 0, in an epoch. */
    TensorBatch batch(int epoch, int number);
  }

  TensorPool pool() {
    return pool;
  }

  /** {@return where the sender is bound, as reports name it} */
  String address() {
    return sender.boundEndpoints().get(0);
  }

  /** {@return what a receiver connects to} */
  String url() {
    return address().replace("tcp", "zrpull");
  }

  TensorcomConfig config() {
    return config;
  }

  /** {@return a builder of a dataset whose first tensor is data, the second labels} */
  TensorcomDataset.Builder dataset() {
    return TensorcomDataset.builder()
        .setUrls(url())
        .setData(0)
        .setLabels(1)
        .optReceiver(config)
        .optTimeout(SOON);
  }

  /** Begins to send epochs of batches, and tells their ends. */
  Future<?> serve(int epochs, int batches, Made made) {
    return serving.submit(
        () ->
            sender.serveEpochs(
                epochs,
                epoch -> new OnDemand(batches, i -> made.batch((int) epoch, i)),
                ServeOptions.forEver()));
  }

  /** Sends a batch, which passes over. */
  void send(TensorBatch made) throws InterruptedException {
    try (made) {
      assertThat(sender.send(made, SOON)).isEqualTo(SendResult.SENT);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    close();
  }

  @Override
  public void close() {
    serving.shutdownNow();
    try {
      assertThat(serving.awaitTermination(30, TimeUnit.SECONDS)).as("sending ends").isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    sender.close(Duration.ZERO);
    Leases.awaitAllBack(pool);
  }
}
