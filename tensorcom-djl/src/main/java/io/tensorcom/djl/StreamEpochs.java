// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import io.tensorcom.EpochReader;
import io.tensorcom.TensorReceiver;
import io.tensorcom.tensor.TensorBatch;
import java.time.Duration;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The epochs of a stream, one after the other: its receiver is opened at the first use, and what
 * comes is prefetched, on into the next epoch where that may be. Thread-safe; one epoch is read at
 * a time, and to begin another ends the one before.
 */
final class StreamEpochs implements AutoCloseable {
  private final TensorcomDataset.Builder builder;
  private final Duration closing;
  private final LoadCounters counters = new LoadCounters();
  private final BatchGate gate;
  private final LostServers lostServers;
  private final BatchConverter converter;
  private final ExecutorService thread;

  // Set under this.
  private volatile @Nullable TensorReceiver receiver;
  private @Nullable EpochReader reader;
  private volatile @Nullable Prefetcher current;
  private volatile Prefetcher.@Nullable EpochEnd endBefore;
  private boolean closed;

  /**
   * Makes them; nothing is opened yet.
   *
   * @param closing how long closing waits for a transform
   */
  StreamEpochs(TensorcomDataset.Builder builder, Duration closing) {
    this.builder = builder;
    this.closing = closing;
    this.gate = new BatchGate(builder, counters, System::nanoTime);
    this.lostServers = new LostServers(builder.onLostServer(), builder.silence(), counters);
    this.converter = new BatchConverter(builder, counters);
    this.thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread made = new Thread(work, "tensorcom-djl-prefetch");
              made.setDaemon(true);
              return made;
            });
  }

  /**
   * {@return the receiver, opened if it was not}
   *
   * @throws IllegalStateException if they are closed
   */
  synchronized TensorReceiver open() {
    if (closed) {
      throw new IllegalStateException("the dataset is closed");
    }
    TensorReceiver open = receiver;
    if (open == null) {
      open = TensorReceiver.open(builder.config(), builder.urls());
      receiver = open;
      EpochReader made = new EpochReader(open, builder.silence());
      reader = made;
      endBefore = new Prefetcher.EpochEnd(made.report(), false, false);
    }
    return open;
  }

  /**
   * Begins the next epoch.
   *
   * @param wanted whose thread prefetches it, and nothing behind it; null for their own
   */
  synchronized Iterator<Batch> begin(NDManager manager, @Nullable ExecutorService wanted) {
    TensorReceiver open = open();
    Prefetcher prefetcher = current;
    int epoch = prefetcher == null ? -1 : prefetcher.beginEpoch();
    if (prefetcher == null || epoch < 0) {
      if (prefetcher != null) {
        prefetcher.close();
        requireDone(prefetcher);
      }
      prefetcher = newPrefetcher(open, manager, wanted == null);
      epoch = prefetcher.beginEpoch();
      current = prefetcher;
      prefetcher.start(wanted == null ? thread : wanted);
    }
    return new EpochIterator(prefetcher, epoch, manager);
  }

  private static void requireDone(Prefetcher prefetcher) {
    Thread running = prefetcher.running();
    if (running != null) {
      throw new IllegalStateException(
          "the transform of the epoch before still runs: thread=" + running.getName());
    }
  }

  private Prefetcher newPrefetcher(TensorReceiver open, NDManager manager, boolean ownThread) {
    EpochReader epochs = Objects.requireNonNull(reader);
    endBefore = new Prefetcher.EpochEnd(epochs.report(), epochs.isStreamEnded(), false);
    // What was prefetched and never taken by a trainer does not count. How much may follow on this
    // epoch is known when it has been taken.
    EpochSource.Length length =
        new EpochSource.Length(
            builder.batchesPerEpoch(),
            builder.total() - counters.batches(),
            ownThread && builder.total() == Long.MAX_VALUE);
    EpochSource source = new EpochSource(open, epochs, length, gate, lostServers);
    Engine engine = manager.getEngine();
    Device device = manager.getDevice();
    return new Prefetcher(
        source,
        batch -> gate.admits(batch, open) ? convert(batch, engine, device, source) : null,
        builder.limits(closing),
        counters);
  }

  private LoadedBatch convert(TensorBatch batch, Engine engine, Device device, EpochSource source) {
    try {
      return converter.load(engine, device, batch, source.count());
    } catch (Error e) {
      gate.refuses();
      throw e;
    } catch (Exception e) {
      // Not only what a transform may throw: Kotlin's declare nothing.
      gate.refuses();
      String peer = BatchGate.peerOf(batch, source.receiver());
      throw new UnfitBatchException(peer, e.getMessage() == null ? "" + e : e.getMessage(), e);
    }
  }

  /** {@return where time went} */
  LoadStats loadStats() {
    TensorReceiver open = receiver;
    return counters.stats(open == null ? 0 : open.stats().malformed());
  }

  /**
   * {@return how the last epoch ended that the trainer has read, not what is read ahead; null
   * before the first use}
   */
  Prefetcher.@Nullable EpochEnd lastEnd() {
    Prefetcher reading = current;
    Prefetcher.EpochEnd end = reading == null ? null : reading.lastEnd();
    return end == null ? endBefore : end;
  }

  /** {@return the receiver; null before the first use} */
  @Nullable TensorReceiver receiver() {
    return receiver;
  }

  /** Ends the epoch that is read, and closes the receiver; idempotent. */
  @Override
  public void close() {
    boolean done = true;
    synchronized (this) {
      closed = true;
      Prefetcher reading = current;
      if (reading != null) {
        reading.close();
        done = reading.running() == null;
      }
    }
    thread.shutdownNow();
    TensorReceiver open = receiver;
    if (open != null) {
      open.close();
    }
    try {
      if (done) {
        var unused = thread.awaitTermination(closing.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
