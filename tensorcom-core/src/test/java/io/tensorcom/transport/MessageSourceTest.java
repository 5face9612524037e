// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class MessageSourceTest {
  /** Of a transport that counts for each peer, and cannot tell of whom something waits. */
  private static final class Counting implements MessageSource {
    @Override
    public @Nullable Message poll(Duration timeout) {
      return null;
    }

    @Override
    public void closePeer(String peer) {}

    @Override
    public boolean isClosed() {
      return false;
    }

    @Override
    public TransportAddress bind(TransportAddress address) {
      return address;
    }

    @Override
    public void connect(TransportAddress address) {}

    @Override
    public void disconnect(TransportAddress address, Duration linger) {}

    @Override
    public void setConnectionListener(ConnectionListener listener) {}

    @Override
    public boolean awaitPeers(int count, Duration timeout) {
      return true;
    }

    @Override
    public SocketStats stats() {
      List<PeerStats> peers = List.of(new PeerStats("test://a", 1, 2, 0, 0));
      return new SocketStats(1, 2, 1, 0, 0, 0, 0, 0, 0, 0, Map.of(), peers, List.of());
    }

    @Override
    public void close() {}
  }

  @Test
  void shouldTakeNobodyForSilentWhenItCannotTellOfWhomSomethingWaits() {
    try (MessageSource source = new Counting()) {
      assertThat(source.waitingPeers()).containsExactly("test://a");
    }
  }
}
