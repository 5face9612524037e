// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static io.tensorcom.transport.zmtp.Wire.ascii;
import static io.tensorcom.transport.zmtp.Wire.command;
import static io.tensorcom.transport.zmtp.Wire.greeting;
import static io.tensorcom.transport.zmtp.Wire.join;
import static io.tensorcom.transport.zmtp.Wire.ready;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class DialerTest {
  /** Always the longest wait that is allowed. */
  private static final class Longest implements RandomGenerator {
    @Override
    public long nextLong() {
      throw new AssertionError("unbounded");
    }

    @Override
    public long nextLong(long bound) {
      return bound - 1;
    }
  }

  private final ManualScheduler scheduler = new ManualScheduler();
  private final PushCore core =
      new PushCore(
          SocketOptions.of(TensorPool.ofBudget(1 << 20)),
          scheduler,
          new Outbox(1, false, () -> {}));
  private final List<Long> attempts = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private final long start = scheduler.nanoTime();
  private final Dialer dialer =
      new Dialer(
          TransportAddress.tcp("host", 1),
          scheduler,
          new Backoff(new Longest()),
          each -> attempts.add((scheduler.nanoTime() - start) / 1_000_000),
          new Dialer.Watcher() {
            @Override
            public void retrying() {
              core.countReconnect();
            }

            @Override
            public void ready(Dialer dialer) {
              told.add("ready");
            }

            @Override
            public void failed(Dialer dialer, String reason) {
              told.add("failed: " + reason);
            }

            @Override
            public void ended(Dialer dialer, boolean wasReady) {
              if (wasReady) {
                told.add("ended");
              }
            }
          });

  private FakeLink connect(byte[] says) {
    FakeLink link = new FakeLink(scheduler, "test://peer");
    link.open(each -> core.open(each, dialer));
    link.feed(says);
    return link;
  }

  @Test
  void shouldWaitLongerEachTimeWhenConnectingFails() {
    dialer.start();
    for (int i = 0; i < 4; i++) {
      dialer.failed("nobody");
      scheduler.advance(Duration.ofSeconds(1));
    }

    assertThat(attempts).containsExactly(0L, 100L, 1200L, 2400L, 3800L);
    assertThat(core.reconnects()).isEqualTo(4);
  }

  @Test
  void shouldBeginWithAShortWaitWhenAConnectionThatWasGoodIsLost() {
    dialer.start();
    for (int i = 0; i < 3; i++) {
      dialer.failed("nobody");
      scheduler.advance(Duration.ofSeconds(1));
    }
    connect(join(greeting(1), ready("PULL"))).lose();
    scheduler.advance(Duration.ofSeconds(1));

    assertThat(attempts).containsExactly(0L, 100L, 1200L, 2400L, 3100L);
    assertThat(told)
        .containsExactly("failed: nobody", "failed: nobody", "failed: nobody", "ready", "ended");
  }

  @Test
  void shouldWaitLongerWhenConnectionsEndBeforeTheHandshake() {
    dialer.start();
    for (int i = 0; i < 3; i++) {
      connect(greeting(1)).lose();
      scheduler.advance(Duration.ofSeconds(1));
    }

    assertThat(attempts).containsExactly(0L, 100L, 1200L, 2400L);
  }

  @Test
  void shouldWaitAMinuteWhenPeerRefuses() {
    dialer.start();
    byte[] error = command("ERROR", join(new byte[] {2}, ascii("no")));
    FakeLink refused = connect(join(greeting(1), error));
    assertThat(refused.isClosed()).isTrue();
    assertThat(core.closedByReason())
        .containsEntry("peer_error", 1L)
        .containsEntry("handshake", 1L);
    scheduler.advance(Duration.ofMillis(59_999));
    assertThat(attempts).hasSize(1);
    scheduler.advance(Duration.ofMillis(1));

    assertThat(attempts).hasSize(2);
  }

  @Test
  void shouldConnectNoMoreWhenItIsStopped() {
    dialer.start();
    dialer.failed("nobody");
    dialer.stop();
    scheduler.advance(Duration.ofMinutes(2));
    assertThat(attempts).hasSize(1);
    assertThat(dialer.isStopped()).isTrue();
  }

  @Test
  void shouldEndTheConnectionWhenItIsStoppedAndKeepItWhenItIsRetired() {
    FakeLink kept = connect(join(greeting(1), ready("PULL")));
    dialer.retire();
    assertThat(kept.isClosed()).isFalse();
    dialer.stop();
    assertThat(kept.isClosed()).isTrue();
    scheduler.advance(Duration.ofMinutes(2));

    assertThat(attempts).isEmpty();
  }
}
