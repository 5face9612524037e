// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class DiscoveryLoopTest {
  @Test
  void shouldRunInOrderOnOneDaemonWhenActionsComeFromAnywhere() throws Exception {
    List<Integer> order = new CopyOnWriteArrayList<>();
    CompletableFuture<Thread> last = new CompletableFuture<>();
    try (DiscoveryLoop loop = new DiscoveryLoop()) {
      loop.execute(
          () -> {
            order.add(1);
            throw new IllegalStateException("an action's own failure");
          });
      loop.execute(
          () -> {
            loop.schedule(Duration.ofMillis(20), () -> last.complete(Thread.currentThread()));
            loop.schedule(Duration.ofMillis(5), () -> order.add(3));
            loop.schedule(Duration.ofMillis(1), () -> order.add(-1)).cancel();
            order.add(2);
          });

      Thread thread = last.get();
      assertThat(order).containsExactly(1, 2, 3);
      assertThat(thread.isDaemon()).isTrue();
      assertThat(thread.getName()).startsWith("tensorcom-discovery-");
    }
  }

  @Test
  void shouldEndItsThreadAndDropWhatComesWhenClosed() throws Exception {
    DiscoveryLoop loop = new DiscoveryLoop();
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    loop.execute(() -> thread.complete(Thread.currentThread()));
    Thread running = thread.get();
    CountDownLatch ran = new CountDownLatch(1);

    loop.close();
    loop.close();
    loop.execute(ran::countDown);

    running.join(TimeUnit.SECONDS.toMillis(10));
    assertThat(running.isAlive()).isFalse();
    assertThat(ran.getCount()).isOne();
  }

  @Test
  void shouldSayWhichThereAreWhenTheProviderIsUnknown() {
    assertThatThrownBy(() -> Discoveries.open("pigeon:x", AddressFamily.AUTO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("unknown discovery: pigeon (expected: ");
  }
}
