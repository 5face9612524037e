// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorSender;
import io.tensorcom.TransferStats;
import io.tensorcom.benchmarks.Losses;
import io.tensorcom.benchmarks.Worker;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One publisher, and receivers that take what it sends, each with a thread of its own. */
final class Subscribers {
  private final Route route;
  private final TensorPool pool = TensorPool.ofBudget(256 << 20);
  private final TensorBatch batch;
  private final TensorSender sender;
  private final List<TensorReceiver> receivers = new ArrayList<>();
  private final List<Worker> workers = new ArrayList<>();

  Subscribers(Route route, int count, int bytes) throws InterruptedException {
    this.route = route;
    this.batch = Streams.batchOf(pool, bytes);
    this.sender = TensorSender.open(route.bind("zpub"));
    for (int i = 0; i < count; i++) {
      TensorReceiver receiver = TensorReceiver.open(route.connect("zsub", sender.boundEndpoints()));
      receivers.add(receiver);
      workers.add(new Worker("subscriber", () -> Streams.receive(receiver)));
    }
    if (!sender.awaitPeers(count, Streams.PATIENCE)) {
      throw new IllegalStateException("not all subscribed: " + sender);
    }
  }

  /** Sends the batch to all. */
  void send() throws InterruptedException {
    for (Worker worker : workers) {
      worker.check();
    }
    Streams.send(sender, batch);
  }

  void count(Losses losses) {
    List<TransferStats> all = new ArrayList<>();
    receivers.forEach(receiver -> all.add(receiver.stats()));
    all.add(sender.stats());
    losses.count(all);
  }

  void close() throws InterruptedException {
    workers.forEach(Worker::stop);
    sender.close(Duration.ZERO);
    receivers.forEach(TensorReceiver::close);
    for (Worker worker : workers) {
      worker.close();
    }
    batch.close();
    pool.close();
    route.close();
  }
}
