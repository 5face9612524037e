// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.stream.StreamLedger;
import io.tensorcom.tensor.TensorBatch;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream epoch by epoch. An epoch is over when every sender that is there has told so; one
 * that died, stands still or came without telling holds it up for no longer than a time of its own
 * silence, however much the others send.
 *
 * <pre>{@code
 * EpochReader epochs = new EpochReader(receiver, Duration.ofSeconds(30));
 * while (!epochs.isStreamEnded()) {
 *   for (TensorBatch batch = epochs.next(); batch != null; batch = epochs.next()) {
 *     try (batch) {
 *       train(batch);
 *     }
 *   }
 *   System.out.println(epochs.report());
 * }
 * }</pre>
 *
 * <p>An epoch of which this receiver got nothing, as one of many pullers may, has a report too.
 * When a sender is ahead of others, its batches of the next epoch are handed out as they come:
 * holding them back would stop the slower ones too. Senders that tell nothing, as Python's, and
 * pullers of transports without peer statistics end by silence; there one sender among others
 * counts as silent only when so much came of the others that it had its turns. One that tells
 * nothing and goes on sending is not silent, and keeps an epoch open: among such, count batches.
 * Not thread-safe.
 */
public final class EpochReader {
  private static final Duration GLANCE = Duration.ofMillis(50);

  /** A pause of the application counts as an eighth of the silence at most. */
  private static final int SHARE_OF_PAUSE = 8;

  /** How a batch is waited for. */
  @FunctionalInterface
  interface Waiting {
    @Nullable TensorBatch poll(Duration timeout) throws InterruptedException;
  }

  private final TensorReceiver receiver;
  private final Waiting waiting;
  private final long silenceNanos;
  private final UsedEnds used;
  private long batches;
  private long heardAt;
  private long leftAt;
  private boolean begun;
  private boolean idle = true;
  private long seenEnds;
  private long askedAt;
  private boolean ended;
  private long emptyNanos;
  private EpochReport report = new EpochReport(-1, 0, EpochReport.End.TOLD, List.of(), List.of());

  /**
   * Reads from a receiver, which stays the caller's.
   *
   * @param silence how long nothing may come before an epoch that has begun counts as over, and how
   *     long nothing may come from those that have not told its end when others have; the first
   *     batch is waited for as long as the receiver's timeout
   */
  public EpochReader(TensorReceiver receiver, Duration silence) {
    this(receiver, silence, receiver::pollToEnd);
  }

  EpochReader(TensorReceiver receiver, Duration silence, Waiting waiting) {
    this.receiver = receiver;
    this.waiting = waiting;
    this.silenceNanos = silence.toNanos();
    this.used = new UsedEnds(receiver::streamOf, receiver::knows);
    this.leftAt = receiver.nanoTime();
  }

  /**
   * Waits for the next batch of the epoch, which belongs to the caller.
   *
   * @return null when the epoch is over: {@link #report} says how; the next call begins another one
   * @throws ReceiveTimeoutException if neither the first batch of all nor an end came within the
   *     receiver's timeout; later, if nothing came for so long, and an epoch or more of nothing but
   *     silence went by
   * @throws IllegalStateException if the receiver is closed before
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public @Nullable TensorBatch next() throws InterruptedException {
    return next(() -> true);
  }

  /**
   * As {@link #next()}, ahead of who needs the batch: neither the silence nor the receiver's
   * timeout passes while nobody waits for it.
   *
   * @param isWaitedFor asked each time that a moment has passed without a batch
   */
  public @Nullable TensorBatch next(BooleanSupplier isWaitedFor) throws InterruptedException {
    heardAt = receiver.nanoTime();
    // Short times between two calls belong to the reading; senders are not blamed for long ones.
    receiver.leaveOut(Math.max(0, heardAt - leftAt - silenceNanos / SHARE_OF_PAUSE));
    try {
      return read(isWaitedFor);
    } finally {
      leftAt = receiver.nanoTime();
    }
  }

  private @Nullable TensorBatch read(BooleanSupplier isWaitedFor) throws InterruptedException {
    while (!ended) {
      if (isWorthAsking()) {
        StreamLedger.Epochs epochs = receiver.epochs(used.byStream());
        // What waits when all have ended is of a sender that was not heard yet.
        if (!epochs.ended() || receiver.foundNothing()) {
          if (epochs.isOver() || (begun && isEndedByUsedEnds(epochs))) {
            return over(EpochReport.End.TOLD, epochs);
          }
          if (epochs.isOverBut(silenceNanos)) {
            return over(EpochReport.End.SILENCE, epochs);
          }
          if (epochs.ended() && !begun) {
            ended = true;
            return null;
          }
        }
      }
      TensorBatch batch = waiting.poll(GLANCE);
      idle = batch == null;
      if (batch != null) {
        begun = true;
        batches++;
        emptyNanos = 0;
        return batch;
      }
      long silent = receiver.nanoTime() - heardAt;
      if (!isWaitedFor.getAsBoolean() && !receiver.isClosed()) {
        heardAt += silent;
        receiver.leaveOut(silent);
        continue;
      }
      if (report.epoch() < 0 && !begun) {
        if (silent >= TimeUnit.NANOSECONDS.convert(receiver.receiveTimeout())
            || receiver.isClosed()) {
          throw receiver.nothingCame();
        }
      } else if (silent >= silenceNanos || receiver.isClosed()) {
        countEmpty(silent);
        return over(EpochReport.End.SILENCE, receiver.epochs(used.byStream()));
      }
    }
    return null;
  }

  /** Who goes on reading epochs of servers that are all gone is told so. */
  private void countEmpty(long silent) {
    if (begun || receiver.isClosed()) {
      return;
    }
    boolean again = emptyNanos > 0;
    emptyNanos += silent;
    if (again && emptyNanos >= TimeUnit.NANOSECONDS.convert(receiver.receiveTimeout())) {
      throw receiver.nothingCame();
    }
  }

  /** Where silence cut an epoch, the end of the stream may be one that is used up. */
  private static boolean isEndedByUsedEnds(StreamLedger.Epochs epochs) {
    return epochs.ended() && epochs.gone().isEmpty();
  }

  /** Asking costs time for each sender; much changes by an end, the rest needs no haste. */
  private boolean isWorthAsking() {
    if (receiver.isHoldingBack()) {
      // It is of the epoch that it may have ended.
      return false;
    }
    long ends = receiver.ends();
    long now = receiver.nanoTime();
    boolean worth = idle || ends != seenEnds || now - askedAt >= GLANCE.toNanos();
    seenEnds = ends;
    askedAt = worth ? now : askedAt;
    return worth;
  }

  private @Nullable TensorBatch over(EpochReport.End how, StreamLedger.Epochs epochs) {
    List<String> newlyGone = used.useUp(epochs);
    emptyNanos = how == EpochReport.End.TOLD ? 0 : emptyNanos;
    report = new EpochReport(report.epoch() + 1, batches, how, epochs.open(), newlyGone);
    batches = 0;
    begun = false;
    idle = true;
    ended = epochs.ended() || receiver.isClosed();
    return null;
  }

  /** {@return how the last epoch ended} */
  public EpochReport report() {
    return report;
  }

  /** {@return whether nothing follows} */
  public boolean isStreamEnded() {
    return ended;
  }
}
