// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.images;

import io.tensorcom.TensorSender;
import io.tensorcom.benchmarks.Worker;
import io.tensorcom.examples.images.DecodeOptions;
import io.tensorcom.examples.images.ImageBatches;
import io.tensorcom.examples.images.ImageBatchesConfig;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.SendResult;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** An image server as the examples have it: publishes batches of the sample photographs. */
final class PhotoServer {
  private static final int SIZE = 224;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Photos photos = new Photos();
  private final ExecutorService decoders =
      Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), PhotoServer::daemon);
  // Waits for its subscriber: each batch that is made is received.
  private final TensorSender sender = TensorSender.open("zpub://127.0.0.1:0?slow=60s");
  private final ImageBatches batches;
  private @Nullable TensorBatch repeated;

  PhotoServer(int images) throws IOException {
    this.batches = batches(images, sender.pool());
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "decoder");
    thread.setDaemon(true);
    return thread;
  }

  /** {@return batches that are decoded as they are asked for} */
  private ImageBatches batches(int images, TensorPool pool) {
    ImageBatchesConfig config =
        ImageBatchesConfig.ofBatchSize(images).withDecode(DecodeOptions.ofSize(SIZE));
    return new ImageBatches(config, photos.source(), pool, decoders, photos.skips());
  }

  TensorSender sender() {
    return sender;
  }

  /** {@return batches for one thread} */
  ImageBatches batches() {
    return batches;
  }

  void awaitSubscriber() throws InterruptedException {
    if (!sender.awaitPeers(1, PATIENCE)) {
      throw new IllegalStateException("nobody has subscribed within " + PATIENCE);
    }
  }

  long skipped() {
    return photos.skips().count();
  }

  String url() {
    return "zsub+" + sender.boundEndpoints().get(0);
  }

  /** Serves batches, each decoded anew. */
  Worker serve() {
    return new Worker("server", () -> send(batches.next(), true));
  }

  /** Serves one batch again and again. */
  Worker repeat() {
    TensorBatch batch = batches.next();
    repeated = batch;
    return new Worker("server", () -> send(batch, false));
  }

  private void send(TensorBatch batch, boolean last) throws InterruptedException {
    SendResult result = sender.send(batch, PATIENCE);
    if (last) {
      batch.close();
    }
    if (result != SendResult.SENT) {
      throw new IllegalStateException("not sent: " + result);
    }
  }

  void close() throws IOException {
    sender.close(Duration.ZERO);
    batches.close();
    if (repeated != null) {
      repeated.close();
    }
    decoders.shutdownNow();
    photos.delete();
  }
}
