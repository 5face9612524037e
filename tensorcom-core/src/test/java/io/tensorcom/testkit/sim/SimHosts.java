// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.zmtp.Dialers;
import io.tensorcom.transport.zmtp.SocketCore;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Strangers behind addresses that sockets connect to, and what must be so after them. */
final class SimHosts {
  private static final int MOST_VISITS = 8;
  private static final long LONGEST_DIALED = TimeUnit.MINUTES.toNanos(3);

  /** A peer that is left may keep its connection for ten minutes. */
  private static final long LAST_TIMER = TimeUnit.MINUTES.toNanos(11);

  private final SimWorld world;
  private final Random random;
  private final Set<SimStranger> left = new HashSet<>();
  private int addresses;

  SimHosts(SimWorld world) {
    this.world = world;
    random = world.random();
  }

  /** Gives a socket the address of a stranger for a while, or does not. */
  void tempt(SocketCore core, SocketRole role, int mostBytes) {
    if (random.nextInt(5) != 0) {
      return;
    }
    TransportAddress address = TransportAddress.tcp("stranger", ++addresses);
    int[] visits = {1 + random.nextInt(MOST_VISITS)};
    world.host(address, () -> visits[0]-- > 0 ? stranger(role, mostBytes) : null);
    Dialers dialers = world.dialers(core);
    dialers.connect(address);
    world.schedule(random.nextLong(LONGEST_DIALED), () -> leave(dialers));
  }

  private SimStranger stranger(SocketRole role, int mostBytes) {
    SimSpeech speech =
        random.nextInt(4) == 0
            ? SimSpeech.nonsense(random)
            : SimSpeech.choose(random, role, mostBytes, false);
    return new SimStranger(random, speech);
  }

  private void leave(Dialers dialers) {
    world.strangers().stream().filter(each -> !each.isGone()).forEach(left::add);
    dialers.stopAll();
  }

  /**
   * Whoever broke the protocol is counted, unless there was no time for it.
   *
   * @param finished whether sockets have ended connections by themselves
   */
  void checkReports(Collection<? extends SocketCore> sockets, boolean finished) {
    long counted = 0;
    for (SocketCore socket : sockets) {
      var reasons = socket.closedByReason();
      counted += reasons.values().stream().mapToLong(each -> each).sum();
      counted -= reasons.getOrDefault("handshake", 0L);
    }
    List<SimStranger> strangers = world.strangers();
    long forbidden =
        strangers.stream().filter(each -> each.isForbidden() && !left.contains(each)).count();
    assertThat(counted).as("strangers that were sent away").isLessThanOrEqualTo(strangers.size());
    if (!finished) {
      assertThat(counted).as("those that broke the protocol").isGreaterThanOrEqualTo(forbidden);
    }
  }

  /** Nothing is due any more but that addresses where nobody is are tried again. */
  void checkTimers(int dialed) {
    assertThat(world.pending()).as("timers").isLessThanOrEqualTo(dialed);
  }

  /** All is closed, and the last timer has run. */
  void checkTimersAtTheEnd() {
    world.runUntil(world.nanoTime() + LAST_TIMER);
    assertThat(world.pending()).as("timers after the end").isZero();
  }
}
