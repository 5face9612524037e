// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorSender;
import io.tensorcom.TransferStats;
import io.tensorcom.benchmarks.Losses;
import io.tensorcom.benchmarks.Worker;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.SendResult;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Senders that repeat a batch as fast as they can, each with a thread of its own, and one receiver
 * of all of them.
 */
final class Streams {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Route route;
  // The largest batch there is has 256 MB.
  private final TensorPool pool = TensorPool.ofBudget(640 << 20);
  private final TensorBatch batch;
  private final List<TensorSender> senders = new ArrayList<>();
  private final List<Worker> workers = new ArrayList<>();
  private final TensorReceiver receiver;

  /** Opens senders, and the receiver when it knows where they are. */
  Streams(Route route, String scheme, int count, int bytes) throws InterruptedException {
    this.route = route;
    this.batch = batchOf(pool, bytes);
    boolean pushes = scheme.equals("push");
    List<String> urls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TensorSender sender = TensorSender.open(route.bind(pushes ? "zrpush" : "zpub"));
      senders.add(sender);
      urls.add(route.connect(pushes ? "zrpull" : "zsub", sender.boundEndpoints()));
    }
    this.receiver = TensorReceiver.open(urls.toArray(new String[0]));
    for (TensorSender sender : senders) {
      if (!sender.awaitPeers(1, PATIENCE)) {
        throw new IllegalStateException("the receiver did not connect: " + sender);
      }
      workers.add(new Worker("sender", () -> send(sender, batch)));
    }
  }

  /** Makes a batch of data and as many labels as fit into 1/256 of it. */
  static TensorBatch batchOf(TensorPool pool, int bytes) {
    int labels = Math.max(1, bytes / 1024);
    return TensorBatch.of(
        Tensor.allocate(pool, DType.UINT8, Math.max(1, bytes - 4 * labels)),
        Tensor.allocate(pool, DType.INT32, labels));
  }

  static void send(TensorSender sender, TensorBatch batch) throws InterruptedException {
    SendResult result = sender.send(batch, PATIENCE);
    if (result != SendResult.SENT) {
      throw new IllegalStateException("not sent: " + result);
    }
  }

  /** Receives a batch and closes it. */
  long receive() throws InterruptedException {
    for (Worker worker : workers) {
      worker.check();
    }
    return receive(receiver);
  }

  static long receive(TensorReceiver receiver) throws InterruptedException {
    try (TensorBatch received = receiver.poll(PATIENCE)) {
      if (received == null) {
        throw new IllegalStateException("nothing received within " + PATIENCE);
      }
      ByteBuffer data = received.get(0).data();
      return data.get(0) + data.get(data.limit() - 1) + received.byteSize();
    }
  }

  void count(Losses losses) {
    List<TransferStats> all = new ArrayList<>();
    senders.forEach(sender -> all.add(sender.stats()));
    all.add(receiver.stats());
    losses.count(all);
  }

  void close() throws InterruptedException {
    workers.forEach(Worker::stop);
    for (TensorSender sender : senders) {
      sender.close(Duration.ZERO);
    }
    for (Worker worker : workers) {
      worker.close();
    }
    receiver.close();
    batch.close();
    pool.close();
    route.close();
  }
}
