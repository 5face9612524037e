// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class TensorPoolTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private static TensorPool checked(long budget) {
    return TensorPool.builder().budgetBytes(budget).checked(true).build();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 255, 256, 257, 384, 385, 65_536, 1_000_003, 14_451_072})
  void shouldLeaseAlignedDirectMemoryOfExactlyTheLengthWhenAsked(int length) {
    TensorPool pool = checked(64 << 20);

    Lease lease = pool.lease(length);

    assertThat(lease.length()).isEqualTo(length);
    assertThat(lease.buffer().isDirect()).isTrue();
    assertThat(lease.buffer().alignmentOffset(0, 64)).isZero();
    lease.release();
  }

  @Test
  void shouldHoldEveryLengthWithinAThirdWhenClassIsChosen() {
    for (int length = 1; length < 5_000_000; length += 1 + length / 100) {
      int bytes = SizeClass.bytes(SizeClass.of(length));
      assertThat(bytes).isGreaterThanOrEqualTo(length);
      assertThat(bytes - length).isLessThanOrEqualTo(Math.max(256, bytes / 3 + 1));
    }
    for (int i = 0; i < SizeClass.COUNT; i++) {
      assertThat(SizeClass.of(SizeClass.bytes(i))).isEqualTo(i);
    }
  }

  @Test
  void shouldReuseTheSlabWhenLeaseIsReleased() {
    TensorPool pool = checked(1 << 20);
    pool.lease(1000).release();

    pool.lease(900).release();

    assertThat(pool.stats().idleBytes()).isEqualTo(1024);
    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldRefuseWhenBudgetIsSpent() {
    TensorPool pool = checked(2048);
    Lease first = pool.lease(1024);
    Lease second = pool.lease(1024);

    assertThat(pool.tryLease(1)).isNull();
    assertThatThrownBy(() -> pool.lease(1))
        .isInstanceOf(PoolExhaustedException.class)
        .hasMessageContaining("budgetBytes=2048, leasedBytes=2048, leases=2");
    assertThat(pool.stats().exhaustions()).isEqualTo(2);

    first.release();
    second.release();
  }

  @Test
  void shouldDropIdleSlabsWhenAnotherClassNeedsTheBudget() {
    TensorPool pool = checked(4096);
    List<Lease> small = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      small.add(pool.lease(256));
    }
    small.forEach(Lease::release);

    Lease large = pool.lease(4096);

    assertThat(pool.stats().leasedBytes() + pool.stats().idleBytes()).isEqualTo(4096);
    large.release();
  }

  @Test
  void shouldRefuseWhenLeaseIsLargerThanThePool() {
    assertThatThrownBy(() -> checked(1000).lease(2000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("length=2000, budgetBytes=1000");
    assertThatThrownBy(() -> checked(1000).lease(-1)).hasMessage("length: -1 (expected: >= 0)");
  }

  @Test
  void shouldWaitForMemoryWhenItComesBackInTime() throws Exception {
    TensorPool pool = checked(1024);
    Lease first = pool.lease(1024);
    AtomicReference<Lease> second = new AtomicReference<>();
    Thread waiter =
        new Thread(
            () -> {
              try {
                second.set(pool.lease(1024, SOON));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    waiter.start();

    first.release();
    waiter.join();

    assertThat(second.get()).isNotNull();
    second.get().release();
  }

  @Test
  void shouldReturnNothingWhenMemoryDoesNotComeBackInTime() throws Exception {
    TensorPool pool = checked(1024);
    Lease first = pool.lease(1024);

    assertThat(pool.lease(1, Duration.ofMillis(1))).isNull();

    first.release();
    assertThat(pool.awaitNoLeases(SOON)).isTrue();
  }

  @Test
  void shouldReportTheWayToTheLeakWhenLeaseIsLost() throws Exception {
    LinkedBlockingQueue<LeakReport> leaks = new LinkedBlockingQueue<>();
    TensorPool pool =
        TensorPool.builder().budgetBytes(1 << 20).checked(true).leakListener(leaks::add).build();
    loseALease(pool);

    LeakReport leak = null;
    for (int i = 0; i < 200 && leak == null; i++) {
      System.gc();
      leak = leaks.poll(50, TimeUnit.MILLISECONDS);
    }

    assertThat(leak).isNotNull();
    assertThat(leak.length()).isEqualTo(5000);
    assertThat(leak.allocatedAt()).isNotNull();
    assertThat(leak.allocatedAt().getStackTrace())
        .anyMatch(frame -> frame.getMethodName().equals("loseALease"));
    assertThat(pool.stats().leases()).isZero();
    assertThat(pool.stats().leaks()).isEqualTo(1);
    assertThat(pool.stats().idleBytes()).as("a lost slab is never used again").isZero();
  }

  private static void loseALease(TensorPool pool) {
    pool.lease(5000);
  }

  @Test
  void shouldPoisonTheSlabWhenLeaseIsReleasedInCheckedMode() {
    TensorPool pool = checked(1 << 20);
    Lease lease = pool.lease(1000);
    ByteBuffer view = lease.buffer();
    view.put(0, (byte) 1).put(999, (byte) 2);

    lease.release();

    assertThat(view.get(0)).isEqualTo(TensorPool.POISON);
    assertThat(view.get(999)).isEqualTo(TensorPool.POISON);
  }

  @Test
  void shouldSayWhereItWasReleasedWhenLeaseIsUsedAfterwards() {
    Lease lease = checked(1 << 20).lease(1000);
    lease.release();

    assertThatThrownBy(lease::buffer)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("use after release: length=1000")
        .hasRootCauseMessage("released here");
    assertThatThrownBy(lease::release).hasMessage("release after release: length=1000");
    assertThatThrownBy(lease::retain).hasMessage("retain after release: length=1000");
  }

  @Test
  void shouldKeepHeldLeasesValidWhenPoolIsClosed() {
    TensorPool pool = checked(1 << 20);
    Lease lease = pool.lease(1000);

    pool.close();

    lease.buffer().put(0, (byte) 1);
    lease.release();
    assertThat(pool.stats().idleBytes()).isZero();
    assertThatThrownBy(() -> pool.lease(1)).hasMessage("tensor pool is closed");
  }

  @Test
  void shouldReleaseExactlyOnceWhenManyThreadsRetainAndRelease() throws Exception {
    TensorPool pool = checked(1 << 20);
    for (int round = 0; round < 200; round++) {
      Lease lease = pool.lease(100);
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        lease.retain();
        threads.add(
            new Thread(
                () -> {
                  lease.retain();
                  lease.release();
                  lease.release();
                }));
      }
      threads.forEach(Thread::start);
      lease.release();
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(lease.holds()).isZero();
    }
    assertThat(pool.stats().leases()).isZero();
    assertThat(pool.stats().idleBytes()).isEqualTo(256);
  }

  @Test
  void shouldSayThatTheJvmRefusedWhenItHasNoDirectMemory() throws Exception {
    ScarceMemory memory = new ScarceMemory();
    TensorPool pool = memory.pool(4096);
    List<String> told = new ArrayList<>();
    memory.setSpent(true);

    assertThat(pool.tryLease(1024, () -> told.add("returned"), () -> told.add("refused"))).isNull();
    assertThat(told).containsExactly("refused");
    assertThat(pool.stats().refused()).isTrue();
    assertThat(pool.stats().leasedBytes()).as("what was reserved is free again").isZero();
    assertThatThrownBy(() -> pool.lease(1024))
        .hasMessageContaining("the JVM has no direct memory: raise -XX:MaxDirectMemorySize");
    assertThat(pool.lease(1024, Duration.ofMillis(1))).isNull();

    memory.setSpent(false);
    pool.lease(4096).release();
    assertThat(pool.stats().refused()).isFalse();
    assertThat(told).containsExactly("refused");
  }

  @Test
  void shouldLeaseAgainWithoutBeingToldWhenTheJvmHasMemoryInTime() throws Exception {
    ScarceMemory memory = new ScarceMemory();
    TensorPool pool = memory.pool(4096);
    memory.setSpent(true);
    AtomicReference<Lease> lease = new AtomicReference<>();
    Thread waiter =
        new Thread(
            () -> {
              try {
                lease.set(pool.lease(1024, SOON));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    waiter.start();
    while (!pool.stats().refused()) {
      Thread.onSpinWait();
    }

    memory.setSpent(false);
    waiter.join();

    assertThat(lease.get()).isNotNull();
    lease.get().release();
  }

  @Test
  void shouldWakeThoseWhoWaitForTheBudgetWhenAReservationComesToNothing() {
    List<String> told = new ArrayList<>();
    List<TensorPool> pools = new ArrayList<>();
    TensorPool pool =
        TensorPool.builder()
            .budgetBytes(1024)
            .allocator(
                bytes -> {
                  // Somebody else asks while the slab is being made: the budget is reserved.
                  assertThat(pools.get(0).tryLease(1024, () -> told.add("woken"), null)).isNull();
                  throw new OutOfMemoryError("none");
                })
            .build();
    pools.add(pool);

    assertThat(pool.tryLease(1024)).isNull();

    assertThat(told).containsExactly("woken");
  }

  @Test
  void shouldDropIdleSlabsOfOtherSizesWhenTheJvmHasNoMoreMemory() {
    List<Integer> sizes = new ArrayList<>();
    TensorPool pool =
        TensorPool.builder()
            .budgetBytes(1 << 20)
            .allocator(
                bytes -> {
                  sizes.add(bytes);
                  if (sizes.size() == 2) {
                    throw new OutOfMemoryError("one slab is all there is");
                  }
                  return ByteBuffer.allocateDirect(bytes);
                })
            .build();
    pool.lease(1024).release();

    pool.lease(4096).release();

    assertThat(sizes).hasSize(3);
    assertThat(pool.stats().idleBytes()).isEqualTo(4096);
  }

  @Test
  void shouldKnowTheWayToOneLeakIn128WhenNotInCheckedMode() throws Exception {
    LinkedBlockingQueue<LeakReport> leaks = new LinkedBlockingQueue<>();
    TensorPool pool = TensorPool.builder().budgetBytes(2 << 20).leakListener(leaks::add).build();
    for (int i = 0; i < 256; i++) {
      loseALease(pool);
    }

    List<LeakReport> found = new ArrayList<>();
    for (int i = 0; i < 400 && found.size() < 256; i++) {
      System.gc();
      for (LeakReport leak = leaks.poll(50, TimeUnit.MILLISECONDS);
          leak != null;
          leak = leaks.poll()) {
        found.add(leak);
      }
    }

    assertThat(found).hasSize(256);
    assertThat(found.stream().filter(leak -> leak.allocatedAt() != null)).hasSize(2);
  }
}
