// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.epoll.Epoll;
import io.tensorcom.transport.TransportException;
import org.junit.jupiter.api.Test;

/** Which engine a name chooses, and what is said when it cannot be had. */
final class IoEngineTest {
  @Test
  void shouldChooseEpollWhereThereIsOneWhenAuto() {
    assertThat(IoEngine.of("auto").name()).isEqualTo(Epoll.isAvailable() ? "epoll" : "nio");
  }

  @Test
  void shouldNameTheReasonAndTheWayOutWhenAnEngineCannotBeUsed() {
    Throwable cause =
        new UnsatisfiedLinkError().initCause(new IllegalStateException("kernel too old"));

    assertThat(IoEngine.unavailable("io_uring", cause))
        .isInstanceOf(TransportException.class)
        .hasMessage("io=io_uring cannot be used on this machine: kernel too old; use io=auto");
  }

  @Test
  void shouldRefuseWhenTheNameIsUnknown() {
    assertThatThrownBy(() -> IoEngine.of("kqueue"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("io: kqueue (expected: auto, epoll, nio or io_uring)");
  }
}
