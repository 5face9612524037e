// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a socket that connects must bear. JeroMQ goes wrong at some of the connections only, so
 * there are many.
 */
@Timeout(120)
final class JeroMqDialingTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  private final TensorPool pool = TensorPool.ofBudget(16 << 20);
  private final JeroMqTransport transport = new JeroMqTransport();

  private MessageSource dial(ServerSocket server) {
    MessageSource source = transport.openSource(SocketRole.PULL, SocketOptions.of(pool));
    source.connect(TransportAddress.tcp("127.0.0.1", server.getLocalPort()));
    return source;
  }

  private static Socket accept(ServerSocket server) throws Exception {
    Socket peer = server.accept();
    peer.setTcpNoDelay(true);
    peer.setSoTimeout((int) SOON.toMillis());
    RawPeer.shakeHands(peer, "PUSH");
    return peer;
  }

  private static ServerSocket listen() throws Exception {
    return new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
  }

  @Test
  void shouldShakeHandsWhenThePeerGreetsAtOnce() throws Exception {
    for (int i = 0; i < 300; i++) {
      try (ServerSocket server = listen();
          MessageSource source = dial(server);
          Socket peer = accept(server)) {
        assertThat(RawPeer.readHandshake(peer)).as("connection %d", i).endsWith("PULL");
        assertThat(source.awaitPeers(1, SOON)).isTrue();
      }
    }
  }

  @Test
  void shouldTakeWhatThePusherHadGivenWhenItIsLeftWhileItShakesHands() throws Exception {
    // JeroMQ ends a connection that has not shaken hands within a second, and some others too soon.
    boolean came = false;
    for (int i = 0; i < 20 && !came; i++) {
      try (ServerSocket server = listen();
          MessageSource source = dial(server);
          Socket peer = server.accept()) {
        peer.setSoTimeout((int) SOON.toMillis());
        int begun = peer.getInputStream().readNBytes(10).length;
        source.disconnect(TransportAddress.tcp("127.0.0.1", server.getLocalPort()), SOON);
        assertThat(source.poll(Duration.ofMillis(50))).as("it is being left").isNull();
        RawPeer.shakeHands(peer, "PUSH");
        peer.getInputStream().readNBytes(65 - begun);
        peer.getInputStream().readNBytes(peer.getInputStream().read());
        peer.getOutputStream().write(new byte[] {0, 1, 'a'});
        Message message = source.poll(Duration.ofSeconds(2));
        if (message != null) {
          assertThat((char) message.piece(0).get(0)).isEqualTo('a');
          message.release();
          came = true;
        }
      } catch (IOException | IllegalArgumentException e) {
        // It was ended: nothing could be read (a length of -1), or written. Once more.
      }
    }
    assertThat(came).as("one of the connections gave its message").isTrue();
  }

  @Test
  void shouldHandOutWhatHasArrivedWhenThePeerEndsTheConnection() throws Exception {
    byte[] messages = {0, 1, 'a', 0, 1, 'b', 0, 1, 'c'};
    for (int i = 0; i < 100; i++) {
      try (ServerSocket server = listen();
          MessageSource source = dial(server)) {
        try (Socket peer = accept(server)) {
          RawPeer.readHandshake(peer);
          peer.getOutputStream().write(messages);
        }
        for (char expected = 'a'; expected <= 'c'; expected++) {
          Message message = source.poll(SOON);
          assertThat(message).as("%s of connection %d", expected, i).isNotNull();
          assertThat((char) message.piece(0).get(0)).isEqualTo(expected);
          message.release();
        }
      }
    }
  }
}
