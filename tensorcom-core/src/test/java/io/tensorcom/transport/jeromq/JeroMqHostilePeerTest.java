// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Peers that speak ZMTP by hand, badly. */
@Timeout(60)
final class JeroMqHostilePeerTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final byte[] LONG_FRAME = {0x02};

  private final TensorPool pool = TensorPool.builder().budgetBytes(16 << 20).checked(true).build();
  private final JeroMqTransport transport = new JeroMqTransport();

  private static void claim(Socket socket, long length) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(LONG_FRAME);
    out.write(ByteBuffer.allocate(8).putLong(length).array());
    out.write(new byte[100]);
    out.flush();
  }

  private void deliverOne(MessageSink sink, MessageSource source) throws InterruptedException {
    ByteBuffer[] pieces = {ByteBuffer.allocate(8), ByteBuffer.allocateDirect(5000)};
    assertThat(sink.send(Message.outbound(pieces, false, () -> {}), SOON))
        .isEqualTo(SendResult.SENT);
    Message message = source.poll(SOON);
    assertThat(message).isNotNull();
    message.release();
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 40, 0x800000007FFFFF00L, -1L, 100L << 20})
  void shouldGoOnReceivingWhenAPeerClaimsAnImpossibleLength(long length) throws Exception {
    SocketOptions options = SocketOptions.of(pool).withMaxMessageBytes(1 << 20);
    try (MessageSource source = transport.openSource(SocketRole.PULL, options);
        MessageSink sink = transport.openSink(SocketRole.PUSH, SocketOptions.of(pool))) {
      TransportAddress address = source.bind(TransportAddress.tcp("127.0.0.1", 0));
      try (Socket hostile = new Socket(address.host(), address.port())) {
        RawPeer.shakeHands(hostile, "PUSH");
        claim(hostile, length);
        assertThat(source.poll(Duration.ofMillis(300))).isNull();

        sink.connect(address);
        deliverOne(sink, source);
      }
    }
    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldGoOnReceivingWhenAPeerSpeaksAnotherProtocol() throws Exception {
    try (MessageSource source = transport.openSource(SocketRole.PULL, SocketOptions.of(pool));
        MessageSink sink = transport.openSink(SocketRole.PUSH, SocketOptions.of(pool))) {
      TransportAddress address = source.bind(TransportAddress.tcp("127.0.0.1", 0));
      try (Socket hostile = new Socket(address.host(), address.port())) {
        hostile
            .getOutputStream()
            .write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        sink.connect(address);
        deliverOne(sink, source);
      }
    }
    assertThat(pool.stats().leases()).isZero();
  }
}
