// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.ScarceMemory;
import io.tensorcom.tensor.TensorPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Slabs of 1024 bytes; of a pool of eight, messages may have four and strangers share two. */
final class MemoryGateTest {
  private static final int SLAB = 1024;
  private static final int LARGEST = 4 * SLAB;

  private final ManualScheduler scheduler = new ManualScheduler();
  private final TensorPool pool = TensorPool.ofBudget(8 * SLAB);
  private final MemoryGate gate = new MemoryGate(pool, LARGEST, scheduler);
  private final List<String> grants = new ArrayList<>();

  /** A message that is being received. */
  private final class Receiving extends MemoryGate.Claim {
    private final String name;
    private final List<Lease> leases = new ArrayList<>();

    Receiving(String name) {
      this.name = name;
    }

    Receiving known() {
      setKnown(true);
      return this;
    }

    @Override
    void granted(Lease lease) {
      grants.add(name);
      leases.add(lease);
    }

    boolean asks() {
      return asks(SLAB);
    }

    boolean asks(int length) {
      @Nullable Lease lease = gate.request(this, length);
      if (lease != null) {
        leases.add(lease);
      }
      return lease != null;
    }

    /** The message is complete, and its memory the application's. */
    List<Lease> completes() {
      gate.end(this);
      List<Lease> taken = List.copyOf(leases);
      leases.clear();
      return taken;
    }
  }

  private final Receiving a = new Receiving("a");
  private final Receiving b = new Receiving("b");
  private final Receiving c = new Receiving("c");
  private final Receiving d = new Receiving("d");

  @Test
  void shouldKeepRoomForTheLargestMessageWhenOthersAskToo() {
    assertThat(a.asks()).as("the first").isTrue();
    assertThat(b.asks()).isTrue();
    assertThat(c.asks()).isTrue();
    assertThat(d.asks()).as("others have two slabs together").isFalse();
    for (int i = 1; i < 4; i++) {
      assertThat(a.asks()).as("the first has room, slab %d", i + 1).isTrue();
    }
    scheduler.runDue();
    assertThat(grants).isEmpty();
  }

  @Test
  void shouldLetTheFirstUseTheWholePoolWhenNobodyElseIsThere() {
    for (int i = 0; i < 8; i++) {
      assertThat(a.asks()).isTrue();
    }
    assertThat(a.asks()).isFalse();
    scheduler.runDue();
    assertThat(grants).isEmpty();
    a.leases.remove(0).release();
    scheduler.runDue();

    assertThat(grants).as("memory that comes back wakes the gate").containsExactly("a");
  }

  @Test
  void shouldGrantInTheOrderOfAskingWhenTheFirstCompletes() {
    a.asks();
    b.asks();
    b.asks();
    assertThat(c.asks()).isFalse();
    assertThat(d.asks()).isFalse();
    List<Lease> kept = a.completes();
    assertThat(grants).as("not within the call").isEmpty();
    scheduler.runDue();

    assertThat(grants).as("c is the first now; b and d are the others").containsExactly("c");
    b.completes().forEach(Lease::release);
    scheduler.runDue();
    assertThat(grants).containsExactly("c", "d");
    assertThat(kept).hasSize(1);
  }

  @Test
  void shouldNotBeOvertakenWhenALaterClaimWouldFit() {
    a.asks();
    b.asks();
    assertThat(c.asks(2 * SLAB)).as("one slab too many").isFalse();
    assertThat(d.asks()).as("would fit").isFalse();
    assertThat(a.asks()).as("but the first may always").isTrue();
    b.completes().forEach(Lease::release);
    scheduler.runDue();

    assertThat(grants).containsExactly("c");
  }

  @Test
  void shouldServeTheFirstBeforeAllWhenItHasToWaitForThePool() {
    List<Lease> application = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      application.add(pool.lease(SLAB));
    }
    assertThat(a.asks()).isTrue();
    assertThat(b.asks()).isFalse();
    assertThat(a.asks()).isFalse();
    application.remove(0).release();
    scheduler.runDue();
    assertThat(grants).containsExactly("a");
    application.remove(0).release();
    scheduler.runDue();

    assertThat(grants).containsExactly("a", "b");
  }

  @Test
  void shouldLetAKnownPeerGoAheadWhenStrangersWait() {
    a.asks();
    b.asks();
    assertThat(c.asks(3 * SLAB)).as("a stranger that wants much").isFalse();

    assertThat(d.known().asks()).isTrue();
    assertThat(d.asks()).as("within what others may hold").isFalse();
    b.completes().forEach(Lease::release);
    scheduler.runDue();

    assertThat(grants).containsExactly("d");
  }

  @Test
  void shouldGiveAStrangerItsTurnWhenKnownPeersKeepComing() {
    a.known().asks();
    b.known();
    assertThat(c.asks(3 * SLAB)).as("more than others may hold").isFalse();
    int completed = 0;
    while (grants.isEmpty() && completed < 100) {
      // One of two is always there, so that the line of known peers is never empty for long.
      assertThat(b.asks()).isTrue();
      a.completes().forEach(Lease::release);
      completed++;
      if (a.asks()) {
        b.completes().forEach(Lease::release);
        completed++;
      }
      scheduler.runDue();
    }

    assertThat(grants).first().isEqualTo("c");
    assertThat(completed).isBetween(MemoryGate.OVERTAKES, 2 * MemoryGate.OVERTAKES);
  }

  @Test
  void shouldGiveASmallStrangerItsTurnWhenOneIsFirstForEver() {
    a.known().asks();
    b.known().asks();
    d.known().asks();
    assertThat(c.asks()).as("others hold all that they may").isFalse();
    int overtakes = 0;
    for (Receiving known = b; grants.isEmpty() && overtakes < 100; known = known == b ? d : b) {
      known.completes().forEach(Lease::release);
      overtakes += known.asks() ? 1 : 0;
      scheduler.runDue();
    }

    assertThat(grants).containsExactly("c");
    assertThat(overtakes).isEqualTo(MemoryGate.OVERTAKES);
  }

  @Test
  void shouldNotOvertakeTheFirstWhenAKnownPeerWouldFit() {
    List<Lease> application = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      application.add(pool.lease(SLAB));
    }
    assertThat(a.asks(4 * SLAB)).as("a stranger, and the first").isFalse();

    assertThat(b.known().asks()).isFalse();
    application.remove(0).release();
    scheduler.runDue();
    assertThat(grants).as("what comes back is kept for the first").isEmpty();
    application.remove(0).release();
    application.remove(0).release();
    scheduler.runDue();

    assertThat(grants).containsExactly("a", "b");
  }

  @Test
  void shouldForgetAClaimWhenItIsGivenUpWhileItWaits() {
    a.asks();
    b.asks();
    b.asks();
    assertThat(c.asks()).isFalse();
    assertThat(d.asks()).isFalse();
    gate.end(c);
    b.completes().forEach(Lease::release);
    scheduler.runDue();

    assertThat(grants).containsExactly("d");
  }

  @Test
  void shouldGrantTheNextWhenTheFirstIsGivenUpWhileItWaits() {
    List<Lease> application = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      application.add(pool.lease(SLAB));
    }
    assertThat(a.asks()).isFalse();
    assertThat(b.asks()).isFalse();
    gate.end(a);
    application.forEach(Lease::release);
    scheduler.runDue();
    assertThat(grants).containsExactly("b");
    for (int i = 1; i < 8; i++) {
      assertThat(b.asks()).as("b is the first now").isTrue();
    }
  }

  @Test
  void shouldNotCountAgainstOthersWhenAClaimBecomesTheFirst() {
    a.asks();
    b.asks();
    b.asks();
    a.completes().forEach(Lease::release);
    assertThat(b.asks()).as("b becomes the first").isTrue();

    assertThat(c.asks()).isTrue();
    assertThat(d.asks()).isTrue();
    assertThat(a.asks()).isFalse();
  }

  @Test
  void shouldAskAgainEverMoreSeldomWhenTheJvmHasNoDirectMemory() {
    ScarceMemory memory = new ScarceMemory();
    MemoryGate scarce = new MemoryGate(memory.pool(8 * SLAB), LARGEST, scheduler);
    memory.setSpent(true);
    assertThat(scarce.request(a, SLAB)).isNull();
    assertThat(scarce.request(b, SLAB)).isNull();
    scheduler.advance(Duration.ofSeconds(10));
    assertThat(scheduler.runs()).as("looks in 10 s").isBetween(8, 12);
    assertThat(grants).isEmpty();

    memory.setSpent(false);
    scheduler.advance(Duration.ofNanos(MemoryGate.LAST_RETRY_NANOS));

    assertThat(grants).as("no lease had to come back").containsExactly("a", "b");
    assertThat(scheduler.pending()).isZero();
    memory.setSpent(true);
    assertThat(scarce.request(c, SLAB)).isNull();
    memory.setSpent(false);
    scheduler.advance(Duration.ofNanos(MemoryGate.FIRST_RETRY_NANOS));
    assertThat(grants).as("soon again after a grant").containsExactly("a", "b", "c");
  }

  @Test
  void shouldCompleteEveryMessageWhenManyConnectionsWantTheWholePool() {
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      List<Receiving> all = new ArrayList<>();
      List<Integer> wanted = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        Receiving made = new Receiving("r" + i);
        all.add(random.nextBoolean() ? made.known() : made);
        wanted.add(1 + random.nextInt(4));
      }
      List<Receiving> waiting = new ArrayList<>();
      for (int steps = 0; !all.isEmpty(); steps++) {
        assertThat(steps).as("round %d makes progress", round).isLessThan(2000);
        int i = random.nextInt(all.size());
        Receiving one = all.get(i);
        if (one.leases.size() == wanted.get(i)) {
          // The application closes the batch at once or the next time that it is asked.
          one.completes().forEach(Lease::release);
          all.remove(i);
          wanted.remove(i);
        } else if (!waiting.contains(one) && !one.asks()) {
          waiting.add(one);
        }
        grants.clear();
        scheduler.runDue();
        waiting.removeIf(each -> grants.contains(each.name));
      }
      assertThat(pool.stats().leases()).isZero();
    }
  }
}
