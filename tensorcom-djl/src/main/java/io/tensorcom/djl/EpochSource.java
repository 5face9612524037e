// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import io.tensorcom.EpochReader;
import io.tensorcom.TensorReceiver;
import io.tensorcom.tensor.TensorBatch;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The stream, epoch by epoch: so many batches, or to the end that the servers tell. */
final class EpochSource implements Prefetcher.Source {
  private static final Duration GLANCE = Duration.ofMillis(50);

  /**
   * How long epochs are.
   *
   * @param batches 0 if the servers end them
   * @param most batches that may be trained with in all
   * @param readsOn whether further epochs may follow
   */
  record Length(long batches, long most, boolean readsOn) {}

  private final TensorReceiver from;
  private final EpochReader reader;
  private final Length length;
  private final long most;
  private final BatchGate gate;
  private final LostServers lostServers;
  private long index;

  EpochSource(
      TensorReceiver from,
      EpochReader reader,
      Length length,
      BatchGate gate,
      LostServers lostServers) {
    this.from = from;
    this.reader = reader;
    this.length = length;
    this.most = length.batches > 0 ? Math.min(length.batches, length.most) : length.most;
    this.gate = gate;
    this.lostServers = lostServers;
    gate.epochBegins();
  }

  @Override
  public @Nullable TensorBatch next(BooleanSupplier isBegun) throws InterruptedException {
    if (index >= most) {
      return null;
    }
    BooleanSupplier asked = () -> isWaitedFor(isBegun);
    // Where batches come all the time, nobody asks otherwise.
    isWaitedFor(isBegun);
    return length.batches > 0 ? receive(asked) : read(asked);
  }

  private boolean isWaitedFor(BooleanSupplier isBegun) {
    boolean begun = isBegun.getAsBoolean();
    if (!begun) {
      gate.nobodyWaits();
    }
    return begun;
  }

  /** The time that a batch may take begins when somebody waits for it. */
  private TensorBatch receive(BooleanSupplier isBegun) throws InterruptedException {
    TensorBatch batch = null;
    while (batch == null && !isBegun.getAsBoolean() && !from.isClosed()) {
      batch = from.poll(GLANCE);
    }
    return batch == null ? from.receive() : batch;
  }

  private @Nullable TensorBatch read(BooleanSupplier isBegun) throws InterruptedException {
    long before = reader.report().epoch();
    TensorBatch batch = reader.next(isBegun);
    // After the end of the stream there is no other report.
    if (batch == null && reader.report().epoch() != before) {
      lostServers.check(reader.report(), reader.isStreamEnded());
      gate.epochEnds();
    }
    return batch;
  }

  @Override
  public Prefetcher.EpochEnd state() {
    boolean ended = reader.isStreamEnded();
    return new Prefetcher.EpochEnd(reader.report(), ended, ended || !length.readsOn);
  }

  @Override
  public void beginNext() {
    index = 0;
    gate.epochBegins();
  }

  TensorReceiver receiver() {
    return from;
  }

  /** Counts what is trained with, not what is left out; {@return its place} */
  LoadedBatch.Progress count() {
    return new LoadedBatch.Progress(index++, length.batches > 0 ? most : 0);
  }
}
