// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Small races, each run a hundred thousand times and more: no outcome but the allowed ones may be
 * seen, and each of those must be, so that the race is known to have taken place.
 */
@Timeout(120)
final class LeaseConcurrencyTest {
  private static final int BATCH = 2000;
  private static final int LEAST_BATCHES = 50;
  private static final int MOST_BATCHES = 5000;

  /** What threads do to one state, and what has come of it when all are done. */
  private abstract static class Trial {
    private final AtomicInteger arrived = new AtomicInteger();

    abstract void act(int thread) throws Exception;

    abstract String outcome();

    /** Waits a little for the others, so that they meet; not for ever, for want of processors. */
    final void meet(int threads) {
      arrived.getAndIncrement();
      for (int i = 0; i < 200 && arrived.get() < threads; i++) {
        Thread.onSpinWait();
      }
    }
  }

  private static void race(int threads, Supplier<Trial> trials, String... allowed)
      throws Exception {
    Map<String, Integer> seen = new TreeMap<>();
    Set<String> expected = Set.of(allowed);
    for (int batch = 0; batch < MOST_BATCHES; batch++) {
      if (batch >= LEAST_BATCHES && seen.keySet().containsAll(expected)) {
        break;
      }
      List<Trial> states = new ArrayList<>(BATCH);
      for (int i = 0; i < BATCH; i++) {
        states.add(trials.get());
      }
      runAll(threads, states);
      states.forEach(each -> seen.merge(each.outcome(), 1, Integer::sum));
      assertThat(expected).as("allowed, of %s", seen).containsAll(seen.keySet());
    }
    assertThat(seen.keySet()).as("outcomes seen: %s", seen).containsAll(expected);
  }

  private static void runAll(int threads, List<Trial> states) throws Exception {
    CyclicBarrier barrier = new CyclicBarrier(threads);
    List<FutureTask<Void>> tasks = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int thread = t;
      FutureTask<Void> task = new FutureTask<>(() -> runOne(thread, threads, barrier, states));
      tasks.add(task);
      new Thread(task, "racer-" + t).start();
    }
    for (FutureTask<Void> each : tasks) {
      each.get();
    }
  }

  private static Void runOne(int thread, int threads, CyclicBarrier barrier, List<Trial> states)
      throws Exception {
    try {
      barrier.await();
    } catch (BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
    for (Trial each : states) {
      each.meet(threads);
      each.act(thread);
    }
    return null;
  }

  /** A lease of a user's memory, which counts how often it was given back. */
  private abstract static class LeaseTrial extends Trial {
    private static final ByteBuffer MEMORY = ByteBuffer.allocateDirect(8);

    final AtomicInteger returned = new AtomicInteger();
    final AtomicInteger refused = new AtomicInteger();
    final Lease lease = Lease.of(MEMORY, returned::getAndIncrement);

    LeaseTrial(int holds) {
      for (int i = 1; i < holds; i++) {
        lease.retain();
      }
    }

    final void release() {
      try {
        lease.release();
      } catch (IllegalStateException e) {
        refused.getAndIncrement();
      }
    }

    final void retain() {
      try {
        lease.retain();
      } catch (IllegalStateException e) {
        refused.getAndIncrement();
      }
    }

    @Override
    String outcome() {
      return "refused " + refused + ", holds " + lease.holds() + ", returned " + returned;
    }
  }

  @Test
  void shouldEitherHoldOrRefuseWhenRetainMeetsTheLastRelease() throws Exception {
    race(
        2,
        () ->
            new LeaseTrial(1) {
              @Override
              void act(int thread) {
                if (thread == 0) {
                  release();
                } else {
                  retain();
                }
              }
            },
        "refused 0, holds 1, returned 0",
        "refused 1, holds 0, returned 1");
  }

  @Test
  void shouldLoseNoHoldWhenThreadsRetainAtTheSameTime() throws Exception {
    race(
        3,
        () ->
            new LeaseTrial(1) {
              @Override
              void act(int thread) {
                retain();
              }
            },
        "refused 0, holds 4, returned 0");
  }

  @Test
  void shouldReturnOnceWhenEveryHolderReleasesAtTheSameTime() throws Exception {
    race(
        3,
        () ->
            new LeaseTrial(3) {
              @Override
              void act(int thread) {
                release();
              }
            },
        "refused 0, holds 0, returned 1");
  }

  @Test
  void shouldRefuseAllButOneWhenTheSameHoldIsReleasedTwice() throws Exception {
    race(
        3,
        () ->
            new LeaseTrial(1) {
              @Override
              void act(int thread) {
                release();
              }
            },
        "refused 2, holds 0, returned 1");
  }

  @Test
  void shouldStayHeldWhenOthersRetainAndRelease() throws Exception {
    race(
        3,
        () ->
            new LeaseTrial(1) {
              @Override
              void act(int thread) {
                retain();
                release();
              }
            },
        "refused 0, holds 1, returned 0");
  }

  @Test
  void shouldReturnWithTheLastWhenAHoldIsPassedOnDuringRelease() throws Exception {
    race(
        3,
        () ->
            new LeaseTrial(2) {
              @Override
              void act(int thread) {
                if (thread < 2) {
                  release();
                } else {
                  int before = refused.get();
                  retain();
                  // Held or refused; only what was held is given back.
                  if (before == refused.get()) {
                    release();
                  }
                }
              }
            },
        "refused 0, holds 0, returned 1",
        "refused 1, holds 0, returned 1");
  }

  @Test
  void shouldGiveLeasesBackOnceWhenAMessageIsReleasedByMany() throws Exception {
    race(
        3,
        () ->
            new LeaseTrial(1) {
              private final Message message =
                  Message.inbound(List.of(ByteBuffer.allocate(0)), List.of(lease), "");

              @Override
              void act(int thread) {
                try {
                  message.release();
                } catch (IllegalStateException e) {
                  refused.getAndIncrement();
                }
              }
            },
        "refused 0, holds 0, returned 1");
  }

  @Test
  void shouldCloseABatchOnceWhenThreadsCloseItAndASenderReleases() throws Exception {
    race(
        3,
        () ->
            new LeaseTrial(2) {
              private final TensorBatch batch =
                  TensorBatch.of(Tensor.over(lease, 0, DType.UINT8, 8));
              private volatile boolean told;

              {
                batch.retain();
              }

              @Override
              void act(int thread) {
                if (thread == 2) {
                  batch.whenReleased().thenRun(() -> told = true);
                  batch.release();
                } else {
                  batch.close();
                }
              }

              @Override
              String outcome() {
                return super.outcome() + (told ? ", told" : ", not told");
              }
            },
        "refused 0, holds 1, returned 0, told");
  }

  /** A pool of one slab, which is leased, with as many holds as there are writers. */
  private abstract static class PoolTrial extends Trial {
    final TensorPool pool = TensorPool.ofBudget(256);
    final Lease lease = pool.lease(256);
    final AtomicInteger told = new AtomicInteger();

    final String pool() {
      return "leases " + pool.stats().leases() + ", leased " + pool.stats().leasedBytes();
    }
  }

  @Test
  void shouldKeepNothingWhenAPoolClosesWhileWritersRelease() throws Exception {
    race(
        3,
        () ->
            new PoolTrial() {
              {
                lease.retain();
                pool.tryLease(256, told::getAndIncrement, () -> {});
              }

              @Override
              void act(int thread) {
                if (thread == 0) {
                  pool.close();
                } else {
                  lease.release();
                }
              }

              @Override
              String outcome() {
                return pool() + ", idle " + pool.stats().idleBytes() + ", told " + told;
              }
            },
        "leases 0, leased 0, idle 0, told 1");
  }

  @Test
  void shouldLeaseOrTellWhenMemoryComesBackAtThatMoment() throws Exception {
    race(
        2,
        () ->
            new PoolTrial() {
              private volatile boolean leased;

              @Override
              void act(int thread) {
                if (thread == 0) {
                  lease.release();
                } else {
                  Lease next = pool.tryLease(256, told::getAndIncrement, () -> {});
                  if (next != null) {
                    leased = true;
                    next.release();
                  }
                }
              }

              @Override
              String outcome() {
                return pool() + (leased ? ", leased at once" : ", waits") + ", told " + told;
              }
            },
        "leases 0, leased 0, leased at once, told 0",
        "leases 0, leased 0, waits, told 1");
  }
}
