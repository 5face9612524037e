// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.testkit.sim.PubSubScenario;
import io.tensorcom.testkit.sim.PushPullScenario;
import io.tensorcom.testkit.sim.SimWorld;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Runs scenarios of many seeds. {@code -Dtensorcom.sim.seeds=N} runs more of them, {@code
 * -Dtensorcom.sim.seed=S} replays one, and both together run N from S on.
 */
final class SimulationTest {
  private static final int SEEDS = Integer.getInteger("tensorcom.sim.seeds", 1500);
  private static final int FIRST = Integer.getInteger("tensorcom.sim.seed", 0);

  @Test
  void shouldKeepEveryPromiseWhenConnectionsBreakAndStrangersBreakTheProtocol() {
    boolean replays = System.getProperty("tensorcom.sim.seed") != null;
    int count = replays && System.getProperty("tensorcom.sim.seeds") == null ? 1 : SEEDS;
    long start = System.nanoTime();
    long buffers = ScratchBuffers.out();
    Set<String> refusals = new HashSet<>();
    for (int seed = FIRST; seed < FIRST + count; seed++) {
      try {
        PushPullScenario pushPull = new PushPullScenario(seed);
        pushPull.run();
        refusals.addAll(pushPull.refusals());
        PubSubScenario pubSub = new PubSubScenario(seed);
        pubSub.run();
        refusals.addAll(pubSub.refusals());
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("replay with -Dtensorcom.sim.seed=" + seed, e);
      }
    }
    double minutes = (System.nanoTime() - start) / (double) TimeUnit.MINUTES.toNanos(1);
    System.out.printf(
        "simulation: %d seeds from %d, %.0f a minute%n", count, FIRST, count / minutes);
    assertThat(ScratchBuffers.out()).as("buffers of sessions").isEqualTo(buffers);
    if (count >= 1500) {
      Set<Refusal> expected = EnumSet.complementOf(EnumSet.of(Refusal.NOT_READING));
      assertThat(expected)
          .as("what strangers were sent away for")
          .allMatch(each -> refusals.contains(each.label()));
    }
  }

  @Test
  void shouldReplayTheSameWhenTheSeedIsTheSame() {
    long first = new PushPullScenario(FIRST).run();
    long second = new PushPullScenario(FIRST).run();
    long other = new PushPullScenario(FIRST + 1).run();

    assertThat(second).isEqualTo(first);
    assertThat(other).isNotEqualTo(first);
  }

  @Test
  void shouldFindTheFaultWhenTheNetworkAltersBytes() {
    int found = 0;
    for (int seed = 0; seed < 20; seed++) {
      SimWorld world = new SimWorld(seed);
      world.setAlterations(0.05);
      try {
        new PushPullScenario(world).run();
      } catch (AssertionError e) {
        found++;
      }
    }

    assertThat(found).isGreaterThan(15);
  }
}
