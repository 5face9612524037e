// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import io.tensorcom.EpochReport;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is ready ahead of the trainer, from a source that the test feeds. */
@Timeout(120)
final class PrefetcherTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Duration SLOW = Duration.ofMillis(20);
  private static final int BYTES = 10;
  private static final int GROWTH = 4;
  private static final long MANY = 1 << 20;
  private static final Object END = new Object();

  private final TensorPool pool = TensorPool.builder().budgetBytes(1 << 20).checked(true).build();
  private final NDManager manager = CopyingEngine.newManager();
  private final LoadCounters counters = new LoadCounters();
  private final ExecutorService executor = Executors.newSingleThreadExecutor();
  private final BlockingQueue<Object> coming = new LinkedBlockingQueue<>();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger converted = new AtomicInteger();
  private final CountDownLatch hanging = new CountDownLatch(1);
  private final AtomicInteger interruptions = new AtomicInteger();
  private Duration closing = SOON;
  private volatile boolean hangs;
  private volatile boolean isLast;
  private volatile @Nullable Thread worker;
  private volatile BooleanSupplier isBegun = () -> true;

  @AfterEach
  void closeAndFindNoLease() throws Exception {
    executor.shutdownNow();
    assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).as("the thread is free").isTrue();
    manager.close();
    for (Object left = coming.poll(); left != null; left = coming.poll()) {
      if (left instanceof TensorBatch batch) {
        batch.close();
      }
    }
    assertThat(pool.stats().leases()).as("leases that were not given back").isZero();
  }

  /** Hands out what the test feeds. */
  private final class Fed implements Prefetcher.Source {
    @Override
    public @Nullable TensorBatch next(BooleanSupplier begun) throws InterruptedException {
      worker = Thread.currentThread();
      isBegun = begun;
      asked.incrementAndGet();
      Object next = coming.take();
      if (next instanceof RuntimeException failure) {
        throw failure;
      }
      if (next instanceof Error failure) {
        throw failure;
      }
      return next == END ? null : (TensorBatch) next;
    }

    @Override
    public Prefetcher.EpochEnd state() {
      EpochReport report = new EpochReport(0, 0, EpochReport.End.TOLD, List.of(), List.of());
      return new Prefetcher.EpochEnd(report, false, isLast);
    }

    @Override
    public void beginNext() {
      // What is fed goes on.
    }
  }

  private Prefetcher prefetcher(int batches, long bytes) {
    return new Prefetcher(
        new Fed(), this::convert, new Prefetcher.Limits(batches, bytes, closing), counters);
  }

  /** The size of a batch is the number that it was fed with. */
  private LoadedBatch convert(TensorBatch batch) {
    converted.incrementAndGet();
    for (boolean interrupted = true; hangs && interrupted; ) {
      try {
        hanging.await();
        interrupted = false;
      } catch (InterruptedException e) {
        // As a transform does that computes.
        interrupted = true;
        interruptions.incrementAndGet();
      }
    }
    LoadedBatch.Part part =
        new LoadedBatch.Part(
            null, new NDList(), false, new NDList(), false, batch.get(0).data().get(0));
    return new LoadedBatch(
        CopyingEngine.newManager(),
        List.of(part),
        false,
        new LoadedBatch.Progress(0, 0),
        batch,
        GROWTH * batch.byteSize());
  }

  private void feed(int... numbers) {
    for (int number : numbers) {
      Tensor tensor = Tensor.allocate(pool, DType.UINT8, BYTES);
      tensor.data().put(0, (byte) number);
      coming.add(TensorBatch.of(tensor));
    }
  }

  private int take(Prefetcher prefetcher, int epoch) {
    Batch batch = prefetcher.take(epoch, manager);
    if (batch == null) {
      return -1;
    }
    try (batch) {
      return batch.getSize();
    }
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  /** Until the thread has asked so often, converted so many, and waits. */
  private void awaitStanding(int asks, int conversions) {
    await(
        "asked " + asked + " times, converted " + converted,
        () -> {
          Thread thread = worker;
          return asked.get() == asks
              && converted.get() == conversions
              && (isWaiting(thread) || isLookingForRoom(thread));
        });
  }

  @Test
  void shouldConvertNoMoreBatchesThanAllowedWhenNoneIsTaken() {
    feed(1, 2, 3, 4, 5);
    try (Prefetcher prefetcher = prefetcher(2, MANY)) {
      int epoch = prefetcher.beginEpoch();
      prefetcher.start(executor);
      awaitStanding(3, 2);

      assertThat(take(prefetcher, epoch)).isEqualTo(1);
      awaitStanding(4, 3);
      assertThat(take(prefetcher, epoch)).isEqualTo(2);
    }
  }

  @Test
  void shouldConvertNoMoreBytesThanAllowedWhenConversionsMakeThemLarger() {
    feed(1, 2, 3, 4, 5);
    try (Prefetcher prefetcher = prefetcher(100, 2 * GROWTH * BYTES + BYTES)) {
      int epoch = prefetcher.beginEpoch();
      prefetcher.start(executor);
      awaitStanding(3, 2);

      assertThat(take(prefetcher, epoch)).isEqualTo(1);
      awaitStanding(4, 3);
    }
  }

  @Test
  void shouldHandOutBatchesWhenEachIsLargerThanAllowed() {
    feed(1, 2, 3);
    try (Prefetcher prefetcher = prefetcher(2, 1)) {
      int epoch = prefetcher.beginEpoch();
      prefetcher.start(executor);
      for (int i = 1; i <= 3; i++) {
        awaitStanding(i + 1, i);
        assertThat(take(prefetcher, epoch)).isEqualTo(i);
      }
    }
  }

  @Test
  void shouldGiveEverythingBackWhenClosedWhileItWaitsForRoom() {
    feed(1, 2, 3);
    Prefetcher prefetcher = prefetcher(1, MANY);
    int epoch = prefetcher.beginEpoch();
    prefetcher.start(executor);
    awaitStanding(2, 1);

    prefetcher.close();

    assertThat(pool.stats().leases()).as("the one that was not read").isEqualTo(1);
    assertThatIllegalStateException().isThrownBy(() -> take(prefetcher, epoch));
    assertThat(prefetcher.beginEpoch()).isEqualTo(-1);
  }

  @Test
  void shouldEndWhenClosedWhileItWaitsForABatch() {
    feed(1);
    Prefetcher prefetcher = prefetcher(2, MANY);
    prefetcher.beginEpoch();
    prefetcher.start(executor);
    awaitStanding(2, 1);

    prefetcher.close();

    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldEndWhenClosedWhileItWaitsForTheNextEpochToBegin() {
    coming.add(END);
    feed(1);
    coming.add(END);
    Prefetcher prefetcher = prefetcher(2, MANY);
    prefetcher.beginEpoch();
    prefetcher.start(executor);
    awaitStanding(3, 1);

    prefetcher.close();

    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldNotWaitForEverWhenClosedWhileATransformHangs() {
    hangs = true;
    closing = Duration.ofMillis(50);
    feed(1);
    Prefetcher prefetcher = prefetcher(2, MANY);
    prefetcher.beginEpoch();
    prefetcher.start(executor);
    await("the transform runs", () -> converted.get() == 1);

    prefetcher.close();

    assertThat(prefetcher.running()).as("who still runs").isSameAs(worker);
    assertThat(pool.stats().leases()).as("what it holds").isEqualTo(1);
    hanging.countDown();
    await("it is done", () -> prefetcher.running() == null);
    assertThat(pool.stats().leases()).as("given back when it is done").isZero();
  }

  @Test
  void shouldWaitForATransformWhenTheThreadThatClosesIsInterrupted() {
    hangs = true;
    feed(1);
    Prefetcher prefetcher = prefetcher(2, MANY);
    prefetcher.beginEpoch();
    prefetcher.start(executor);
    await("the transform runs", () -> converted.get() == 1);
    Thread.currentThread().interrupt();
    var unused =
        CompletableFuture.runAsync(
            () -> {
              await("closing has begun", () -> interruptions.get() == 1);
              hanging.countDown();
            });

    prefetcher.close();

    assertThat(Thread.interrupted()).as("stays set").isTrue();
    assertThat(prefetcher.running()).isNull();
    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldTellTheTrainerWhenTheThreadIsInterrupted() {
    feed(1);
    try (Prefetcher prefetcher = prefetcher(2, MANY)) {
      int epoch = prefetcher.beginEpoch();
      prefetcher.start(executor);
      awaitStanding(2, 1);

      executor.shutdownNow();

      assertThat(take(prefetcher, epoch)).isEqualTo(1);
      assertThatIllegalStateException()
          .isThrownBy(() -> take(prefetcher, epoch))
          .withMessage("interrupted while prefetching");
    }
  }

  @Test
  void shouldHandOutGoodBatchesBeforeTheErrorBehindThem() {
    feed(1, 2);
    coming.add(new IllegalArgumentException("broken"));
    try (Prefetcher prefetcher = prefetcher(5, MANY)) {
      int epoch = prefetcher.beginEpoch();
      prefetcher.start(executor);

      assertThat(take(prefetcher, epoch)).isEqualTo(1);
      assertThat(take(prefetcher, epoch)).isEqualTo(2);
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> take(prefetcher, epoch)).hasMessage("broken");
      }
      assertThat(prefetcher.beginEpoch()).as("begins no other epoch").isEqualTo(-1);
    }
  }

  @Test
  void shouldReadOnIntoTheNextEpochAndKeepThemApart() {
    feed(1, 2);
    coming.add(END);
    feed(3, 4, 5);
    try (Prefetcher prefetcher = prefetcher(2, MANY)) {
      int first = prefetcher.beginEpoch();
      prefetcher.start(executor);
      assertThat(take(prefetcher, first)).isEqualTo(1);
      assertThat(take(prefetcher, first)).isEqualTo(2);
      // Both of the bound are of the next epoch, and the one that waits for room.
      awaitStanding(6, 4);
      assertThat(isBegun.getAsBoolean()).as("the trainer waits for it").isFalse();
      assertThat(prefetcher.lastEnd()).as("not seen by the trainer").isNull();

      assertThat(take(prefetcher, first)).isEqualTo(-1);
      assertThat(prefetcher.lastEnd()).isNotNull();
      int second = prefetcher.beginEpoch();
      assertThat(isBegun.getAsBoolean()).isTrue();
      assertThatIllegalStateException().isThrownBy(() -> take(prefetcher, first));
      for (int number = 3; number <= 5; number++) {
        assertThat(take(prefetcher, second)).isEqualTo(number);
      }
    }
  }

  @Test
  void shouldDropOnlyTheRestWhenAnEpochIsLeftWhoseEndWasRead() {
    feed(1, 2);
    coming.add(END);
    feed(3);
    try (Prefetcher prefetcher = prefetcher(3, MANY)) {
      int first = prefetcher.beginEpoch();
      prefetcher.start(executor);
      assertThat(take(prefetcher, first)).isEqualTo(1);
      awaitStanding(5, 3);

      int second = prefetcher.beginEpoch();

      assertThat(take(prefetcher, second)).isEqualTo(3);
      assertThat(prefetcher.lastEnd()).isNotNull();
    }
  }

  @Test
  void shouldBeginNoEpochWhenOneIsLeftWhoseEndWasNotRead() {
    feed(1, 2);
    try (Prefetcher prefetcher = prefetcher(3, MANY)) {
      int first = prefetcher.beginEpoch();
      prefetcher.start(executor);
      assertThat(take(prefetcher, first)).isEqualTo(1);

      assertThat(prefetcher.beginEpoch()).isEqualTo(-1);
    }
  }

  @Test
  void shouldNotReadOverTwoEndsWhenEpochsAreEmpty() {
    for (int i = 0; i < 3; i++) {
      coming.add(END);
    }
    try (Prefetcher prefetcher = prefetcher(3, MANY)) {
      int epoch = prefetcher.beginEpoch();
      prefetcher.start(executor);
      for (int asks = 2; asks <= 3; asks++) {
        awaitStanding(asks, 0);
        assertThat(take(prefetcher, epoch)).isEqualTo(-1);
        epoch = prefetcher.beginEpoch();
      }
    }
  }

  @Test
  void shouldBeginNoEpochBehindTheLastHoweverSoonItsEndIsTaken() {
    isLast = true;
    for (int i = 0; i < 2000; i++) {
      coming.add(END);
      try (Prefetcher prefetcher = prefetcher(3, MANY)) {
        int epoch = prefetcher.beginEpoch();
        prefetcher.start(executor);

        assertThat(take(prefetcher, epoch)).isEqualTo(-1);
        assertThat(prefetcher.beginEpoch()).isEqualTo(-1);
      }
    }
  }

  @Test
  void shouldThrowInTheNextEpochWhenAnErrorWasReadAhead() {
    feed(1);
    coming.add(END);
    feed(2);
    coming.add(new AssertionError("broken"));
    try (Prefetcher prefetcher = prefetcher(5, MANY)) {
      int first = prefetcher.beginEpoch();
      prefetcher.start(executor);
      assertThat(take(prefetcher, first)).isEqualTo(1);
      await("all is read", () -> asked.get() == 4 && coming.isEmpty());

      assertThat(take(prefetcher, first)).isEqualTo(-1);
      int second = prefetcher.beginEpoch();
      assertThat(take(prefetcher, second)).isEqualTo(2);
      assertThatThrownBy(() -> take(prefetcher, second)).hasMessage("broken");
    }
  }

  @Test
  void shouldCountTheWaitForAnEndAsLoading() {
    feed(1);
    try (Prefetcher prefetcher = prefetcher(5, MANY)) {
      int epoch = prefetcher.beginEpoch();
      prefetcher.start(executor);
      assertThat(take(prefetcher, epoch)).isEqualTo(1);
      Duration before = counters.stats(0).loading();
      coming.add(END);

      assertThat(take(prefetcher, epoch)).isEqualTo(-1);

      assertThat(before).as("the first batch has a number of its own").isZero();
      assertThat(counters.stats(0).loading()).isPositive();
      assertThat(counters.stats(0).firstBatch()).isPositive();
    }
  }

  @Test
  void shouldCountTheWaitForABatchAsLoadingWhenTheSourceIsSlow() {
    feed(1);
    try (Prefetcher prefetcher = prefetcher(5, MANY)) {
      int epoch = prefetcher.beginEpoch();
      prefetcher.start(executor);
      assertThat(take(prefetcher, epoch)).isEqualTo(1);
      AtomicReference<@Nullable Thread> trainer = new AtomicReference<>();
      var unused =
          CompletableFuture.runAsync(
              () -> {
                await("the trainer waits", () -> isWaiting(trainer.get()));
                long begun = System.nanoTime();
                await("a while passes", () -> System.nanoTime() - begun >= SLOW.toNanos());
                feed(2);
              });
      trainer.set(Thread.currentThread());

      assertThat(take(prefetcher, epoch)).isEqualTo(2);

      assertThat(counters.stats(0).loading()).isGreaterThanOrEqualTo(SLOW);
    }
  }

  private static boolean isLookingForRoom(@Nullable Thread thread) {
    return thread != null && thread.getState() == Thread.State.TIMED_WAITING;
  }

  private static boolean isWaiting(@Nullable Thread thread) {
    return thread != null && thread.getState() == Thread.State.WAITING;
  }
}
