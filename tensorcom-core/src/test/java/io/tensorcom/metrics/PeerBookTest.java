// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.transport.PeerStats;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PeerBookTest {
  private static PeerStats peer(String address, long messages, int queued) {
    return new PeerStats(address, messages, 10 * messages, queued, 0);
  }

  @Test
  void shouldAddUpTheConnectionsOfAHostWhenPeersConnectToUs() {
    PeerBook book = new PeerBook(true, 10);

    assertThat(
            book.update(
                List.of(
                    peer("tcp://10.0.0.7:4001", 3, 1),
                    peer("tcp://10.0.0.7:4002", 4, 2),
                    peer("tcp://[fd00::1]:4003", 5, 0),
                    peer("ipc:///tmp/batches#1", 6, 0),
                    peer("ipc:///tmp/batches#2", 1, 0))))
        .containsOnlyKeys("tcp://10.0.0.7", "tcp://[fd00::1]", "ipc:///tmp/batches")
        .containsEntry("tcp://10.0.0.7", new PeerTotals(7, 70, 0, 3))
        .containsEntry("ipc:///tmp/batches", new PeerTotals(7, 70, 0, 0));
  }

  @Test
  void shouldNotGoBackWhenOneOfTwoConnectionsEnds() {
    PeerBook book = new PeerBook(true, 10);
    var unused =
        book.update(List.of(peer("tcp://10.0.0.7:4001", 30, 9), peer("tcp://10.0.0.7:4002", 4, 0)));

    assertThat(book.update(List.of(peer("tcp://10.0.0.7:4002", 5, 0))))
        .containsEntry("tcp://10.0.0.7", new PeerTotals(35, 350, 0, 0));
    assertThat(book.update(List.of(peer("tcp://10.0.0.7:4002", 6, 0))))
        .containsEntry("tcp://10.0.0.7", new PeerTotals(36, 360, 0, 0));
  }

  @Test
  void shouldNotGoBackWhenAnAddressIsConnectedAgain() {
    PeerBook book = new PeerBook(false, 10);
    var unused = book.update(List.of(peer("tcp://10.0.0.7:7880", 30, 0)));

    assertThat(book.update(List.of(peer("tcp://10.0.0.7:7880", 1, 0))))
        .containsEntry("tcp://10.0.0.7:7880", new PeerTotals(31, 310, 0, 0));
  }

  @Test
  void shouldBeginAnewWhenAPeerWasGone() {
    PeerBook book = new PeerBook(false, 10);
    var unused = book.update(List.of(peer("tcp://10.0.0.7:7880", 30, 0)));

    assertThat(book.update(List.of())).isEmpty();
    assertThat(book.update(List.of(peer("tcp://10.0.0.7:7880", 1, 0))))
        .containsEntry("tcp://10.0.0.7:7880", new PeerTotals(1, 10, 0, 0));
  }

  @Test
  void shouldKeepTheFirstWhenThereAreMorePeersThanAllowed() {
    PeerBook book = new PeerBook(false, 2);
    List<PeerStats> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(peer("tcp://10.0.0." + i + ":7880", 1, 0));
    }

    assertThat(book.update(all)).containsOnlyKeys("tcp://10.0.0.0:7880", "tcp://10.0.0.1:7880");
    assertThat(book.unlisted()).isEqualTo(3);
    all.remove(0);
    assertThat(book.update(all)).containsOnlyKeys("tcp://10.0.0.1:7880", "tcp://10.0.0.2:7880");
    assertThat(book.unlisted()).isEqualTo(2);
  }
}
