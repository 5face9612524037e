// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.ConnectionListener;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.SocketStats;
import io.tensorcom.transport.TransportAddress;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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

  /** Holds up JeroMQ's I/O thread, which tells the listener, until it is let go. */
  private static final class Busy implements ConnectionListener, AutoCloseable {
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);

    @Override
    public void unreachable(TransportAddress address, String reason) {
      begun.countDown();
      try {
        over.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    void letGo() {
      over.countDown();
    }

    @Override
    public void close() {
      letGo();
    }
  }

  private static Message number(int number) {
    ByteBuffer[] frames = {ByteBuffer.wrap(new byte[] {(byte) number})};
    return Message.outbound(frames, false, () -> {});
  }

  @Test
  void shouldGiveNothingToAPeerThatIsLeftWhileJeroMqIsBusy() throws Exception {
    Duration soon = Duration.ofSeconds(30);
    TransportAddress any = TransportAddress.tcp("127.0.0.1", 0);
    SocketOptions options = SocketOptions.of(TensorPool.ofBudget(1 << 20));
    JeroMqTransport transport = new JeroMqTransport();
    try (MessageSource gone = transport.openSource(SocketRole.PULL, options);
        MessageSource stays = transport.openSource(SocketRole.PULL, options);
        MessageSink sink = transport.openSink(SocketRole.PUSH, options);
        Busy busy = new Busy()) {
      TransportAddress left = gone.bind(any);
      sink.connect(left);
      sink.connect(stays.bind(any));
      assertThat(sink.awaitPeers(2, soon)).isTrue();
      sink.setConnectionListener(busy);
      sink.connect(TransportAddress.tcp("127.0.0.1", 1));
      assertThat(busy.begun.await(30, TimeUnit.SECONDS)).isTrue();

      sink.disconnect(left);
      for (int i = 0; i < 2; i++) {
        SendResult result = sink.send(number(i), Duration.ofMillis(50));
        assertThat(result).as("while nobody knows of it").isEqualTo(SendResult.TIMED_OUT);
      }
      busy.letGo();

      for (int i = 0; i < 4; i++) {
        assertThat(sink.send(number(i), soon)).isEqualTo(SendResult.SENT);
        Message message = stays.poll(soon);
        assertThat(message).isNotNull();
        assertThat(message.piece(0).get(0)).isEqualTo((byte) i);
        message.release();
      }
      assertThat(sink.stats().peers()).isOne();
    }
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
