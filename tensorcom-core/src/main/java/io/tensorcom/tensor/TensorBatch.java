// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The unit that is sent and received: a list of tensors that are closed together.
 *
 * <p>A batch owns its tensors. Its owner, whoever made or received it, calls {@link #close()} once;
 * a sender that still needs the memory holds it by {@link #retain()} until it calls {@link
 * #release()}. With the last of these the tensors are closed and {@link #whenReleased()} completes.
 *
 * <p>Not thread-safe, except for {@link #retain()}, {@link #release()}, {@link #close()} and {@link
 * #whenReleased()}.
 */
public final class TensorBatch implements AutoCloseable, Iterable<Tensor> {
  private static final AtomicIntegerFieldUpdater<TensorBatch> HOLDS =
      AtomicIntegerFieldUpdater.newUpdater(TensorBatch.class, "holds");

  private final Tensor[] tensors;
  private final long byteSize;
  private final @Nullable BatchOrigin origin;
  private volatile int holds = 1;
  private volatile boolean closed;
  private volatile @Nullable CompletableFuture<@Nullable Void> released;

  private TensorBatch(@Nullable BatchOrigin origin, Tensor[] tensors) {
    this.origin = origin;
    this.tensors = tensors;
    long sum = 0;
    for (Tensor tensor : tensors) {
      sum += tensor.byteSize();
    }
    this.byteSize = sum;
  }

  /** Makes a batch of these tensors, which now belong to the batch: it closes them. */
  public static TensorBatch of(Tensor... tensors) {
    return new TensorBatch(null, tensors.clone());
  }

  /** Makes a batch of these tensors, which now belong to the batch. */
  public static TensorBatch of(List<Tensor> tensors) {
    return new TensorBatch(null, tensors.toArray(new Tensor[0]));
  }

  /**
   * Makes a batch that was received, with what its sender told of its place in the stream; the
   * array is not copied but taken over.
   */
  public static TensorBatch received(@Nullable BatchOrigin origin, Tensor... tensors) {
    return new TensorBatch(origin, tensors);
  }

  /** {@return the place in the sender's stream; null if the sender told none} */
  public @Nullable BatchOrigin origin() {
    return origin;
  }

  /** {@return the number of tensors} */
  public int size() {
    return tensors.length;
  }

  /**
   * {@return the tensor at this index; borrowed, valid until the batch is closed}
   *
   * @throws IllegalStateException if the batch has been closed
   */
  public Tensor get(int index) {
    if (closed) {
      throw new IllegalStateException("use after close: tensors=" + tensors.length);
    }
    return tensors[index];
  }

  /** {@return the sum of the tensors' data, in bytes} */
  public long byteSize() {
    return byteSize;
  }

  /** {@return an iterator over the tensors, which are borrowed} */
  @Override
  public Iterator<Tensor> iterator() {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < tensors.length;
      }

      @Override
      public Tensor next() {
        if (next >= tensors.length) {
          throw new NoSuchElementException("index=" + next);
        }
        return get(next++);
      }
    };
  }

  /**
   * Adds a hold: the memory stays until {@link #release()} even when the owner closes the batch.
   *
   * @throws IllegalStateException if the memory has gone back already
   */
  public void retain() {
    int before;
    do {
      before = holds;
      if (before == 0) {
        throw new IllegalStateException("retain after release: tensors=" + tensors.length);
      }
    } while (!HOLDS.compareAndSet(this, before, before + 1));
  }

  /**
   * Gives back a hold taken by {@link #retain()}.
   *
   * @throws IllegalStateException if there is none
   */
  public void release() {
    int before;
    do {
      before = holds;
      if (before == 0) {
        throw new IllegalStateException("release without hold: tensors=" + tensors.length);
      }
    } while (!HOLDS.compareAndSet(this, before, before - 1));
    if (before == 1) {
      for (Tensor tensor : tensors) {
        tensor.close();
      }
      CompletableFuture<@Nullable Void> future = released;
      if (future != null) {
        future.complete(null);
      }
    }
  }

  /** Ends the owner's use, once; later calls do nothing. */
  @Override
  public void close() {
    synchronized (tensors) {
      if (closed) {
        return;
      }
      closed = true;
    }
    release();
  }

  /**
   * {@return a stage that completes when the owner has closed the batch and no sender needs its
   * memory any more; on the thread that gave back the last hold, so dependents must not block}
   */
  public CompletionStage<@Nullable Void> whenReleased() {
    CompletableFuture<@Nullable Void> future;
    synchronized (tensors) {
      future = released;
      if (future == null) {
        future = new CompletableFuture<>();
        released = future;
      }
    }
    // The last hold may have gone between the two: complete() is idempotent.
    if (holds == 0) {
      future.complete(null);
    }
    return future.minimalCompletionStage();
  }

  @Override
  public String toString() {
    return "TensorBatch" + List.of(tensors);
  }
}
