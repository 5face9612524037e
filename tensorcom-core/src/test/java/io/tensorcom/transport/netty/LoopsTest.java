// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.DefaultEventLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LoopsTest {
  private final DefaultEventLoop loop = new DefaultEventLoop();

  @AfterEach
  void end() {
    loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void shouldGiveTheOutcomeWhenTheActionIsDone() {
    assertThat(Loops.join(loop, () -> CompletableFuture.completedFuture("done"))).isEqualTo("done");
  }

  @Test
  void shouldThrowWhatTheActionThrowsWhenItFails() {
    IllegalStateException failure = new IllegalStateException("failed");
    NoClassDefFoundError error = new NoClassDefFoundError("io/tensorcom/Missing");

    assertThatThrownBy(
            () ->
                Loops.join(
                    loop,
                    () -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThatThrownBy(
            () ->
                Loops.join(
                    loop,
                    () -> {
                      throw error;
                    }))
        .isSameAs(error);
    assertThatThrownBy(() -> Loops.join(loop, () -> CompletableFuture.failedFuture(error)))
        .isSameAs(error);
  }
}
