// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketStats;
import io.tensorcom.transport.TransportAddress;
import java.net.ConnectException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zeromq.SocketType;

@Timeout(60)
final class JeroMqSocketTest {
  /** A socket whose drain fails as it does when memory is short. */
  private static final class Failing extends JeroMqSocket {
    private boolean ended;

    Failing() {
      super(SocketType.PULL, "failing", SocketOptions.of(TensorPool.ofBudget(1 << 20)));
    }

    @Override
    void work() {
      LockSupport.parkNanos(1_000_000);
    }

    @Override
    boolean drain(Duration timeout) {
      throw new OutOfMemoryError("injected");
    }

    @Override
    void ended() {
      ended = true;
    }

    @Override
    public boolean awaitPeers(int count, Duration timeout) {
      return false;
    }

    @Override
    public SocketStats stats() {
      return SocketStats.withoutPeers(0, 0, 0, 0, 0, 0, 0);
    }

    @Override
    public void close() {
      closeSocket(Duration.ofSeconds(1));
    }
  }

  @Test
  void shouldCloseItsContextWhenAnErrorEndsTheDrain() {
    Failing socket = new Failing();
    socket.start();
    TransportAddress address = socket.bind(TransportAddress.tcp("127.0.0.1", 0));

    socket.close();

    assertThat(socket.ended).isTrue();
    assertThatThrownBy(() -> new Socket(address.host(), address.port()).close())
        .isInstanceOf(ConnectException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 999_999, 1_000_000, 1_000_001, 2_000_000_000})
  void shouldLingerToTheDeadlineWhenMillisecondsAreRounded(long nanos) {
    long whole = 1_000_000;
    // The worst that JeroMQ does: it begins to count as one of its milliseconds ends.
    assertThat((JeroMqSocket.lingerMillis(nanos) - 1) * whole).isGreaterThanOrEqualTo(nanos);
  }

  @Test
  void shouldNotLingerWhenThereIsNoTime() {
    assertThat(JeroMqSocket.lingerMillis(0)).isZero();
    assertThat(JeroMqSocket.lingerMillis(Long.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE);
  }
}
