// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.PeerStats;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SlowPeerPolicy;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.SocketStats;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.Tuning;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a publisher does for a subscriber that takes nothing, by each policy. */
@Timeout(60)
final class SlowSubscriberTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int BODY = 400_000;
  private static final int COUNT = 40;
  private static final int HWM = 2;

  private final TensorPool pool = TensorPool.builder().budgetBytes(64 << 20).checked(true).build();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private TransportAddress address = TransportAddress.ipc("unset");

  @BeforeEach
  void chooseAddress(@TempDir Path folder) {
    address = TransportAddress.ipc(folder.resolve("pub").toString());
  }

  @AfterEach
  void closeAndFindNoLease() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
    assertThat(pool.stats().leases()).isZero();
  }

  private MessageSink publisher(SlowPeerPolicy policy, Duration wait) {
    MessageSink sink =
        new NettyTransport()
            .openSink(
                SocketRole.PUB,
                SocketOptions.of(pool)
                    .withMaxMessagesPerPeer(HWM)
                    .withSlowPeerWait(wait)
                    .withTuning(Tuning.DEFAULT.withSlowPeers(policy)));
    opened.add(0, sink);
    sink.bind(address);
    return sink;
  }

  private MessageSource subscriber() {
    MessageSource source =
        new NettyTransport()
            .openSource(
                SocketRole.SUB,
                SocketOptions.of(pool).withMaxMessagesPerPeer(1).withTopics(List.of(new byte[0])));
    opened.add(source);
    source.connect(address);
    return source;
  }

  private void publish(MessageSink sink, int from, int to) throws InterruptedException {
    for (int i = from; i < to; i++) {
      Lease body = pool.lease(BODY);
      ByteBuffer header = ByteBuffer.allocate(4).putInt(0, i);
      Message message =
          Message.outbound(new ByteBuffer[] {header, body.buffer()}, false, body::release);
      assertThat(sink.send(message, SOON)).isEqualTo(SendResult.SENT);
    }
  }

  /** Takes messages until all that was not dropped has come. */
  private static List<Integer> takeAll(MessageSource source, MessageSink sink)
      throws InterruptedException {
    List<Integer> numbers = new ArrayList<>();
    while (numbers.size() + sink.stats().dropEvents() < sink.stats().messages()) {
      Message message = source.poll(SOON);
      assertThat(message).isNotNull();
      numbers.add(message.piece(0).getInt(0));
      message.release();
    }
    return numbers;
  }

  private List<Integer> receivedAfterAStall(SlowPeerPolicy policy) throws InterruptedException {
    MessageSink sink = publisher(policy, Duration.ofMillis(1));
    MessageSource source = subscriber();
    assertThat(sink.awaitPeers(1, SOON)).isTrue();
    publish(sink, 0, COUNT);
    awaitHandled(sink);

    List<Integer> numbers = takeAll(source, sink);

    // The last one may be here before its sender has counted it.
    HostileFixture.await("all counted", () -> sink.stats().flushed() == numbers.size());
    SocketStats stats = sink.stats();
    assertThat(stats.dropEvents()).isPositive();
    assertThat(numbers).isSorted().doesNotHaveDuplicates();
    assertThat(numbers.size() + stats.dropEvents()).isEqualTo(COUNT);
    PeerStats peer = stats.peerStats().get(0);
    assertThat(peer.droppedFull()).isEqualTo(stats.dropEvents());
    assertThat(peer.messages()).isEqualTo(numbers.size());
    return numbers;
  }

  /** Waits until each message has been dropped or queued: the last one decides. */
  private static void awaitHandled(MessageSink sink) {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (true) {
      SocketStats stats = sink.stats();
      PeerStats peer = stats.peerStats().get(0);
      if (peer.messages() + peer.queued() + peer.droppedFull() == COUNT) {
        return;
      }
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldKeepTheFirstWhenNewOnesAreDropped() throws InterruptedException {
    List<Integer> numbers = receivedAfterAStall(SlowPeerPolicy.DROP_NEW);

    assertThat(numbers).startsWith(0, 1).doesNotContain(COUNT - 1);
  }

  @Test
  void shouldKeepTheFirstWhenWaitingIsInVain() throws InterruptedException {
    List<Integer> numbers = receivedAfterAStall(SlowPeerPolicy.WAIT);

    assertThat(numbers).startsWith(0, 1).doesNotContain(COUNT - 1);
  }

  @Test
  void shouldKeepTheNewestWhenOldOnesAreDropped() throws InterruptedException {
    List<Integer> numbers = receivedAfterAStall(SlowPeerPolicy.DROP_OLD);

    assertThat(numbers).endsWith(COUNT - 2, COUNT - 1);
  }

  @Test
  void shouldKeepOnlyTheLatestWhenToldSo() throws InterruptedException {
    List<Integer> numbers = receivedAfterAStall(SlowPeerPolicy.LATEST);

    assertThat(numbers).endsWith(COUNT - 1).doesNotContain(COUNT - 2);
  }

  @Test
  void shouldLoseNothingWhenTheSubscriberIsWaitedFor() throws Exception {
    MessageSink sink = publisher(SlowPeerPolicy.WAIT, SOON);
    MessageSource source = subscriber();
    assertThat(sink.awaitPeers(1, SOON)).isTrue();
    Thread publishing =
        new Thread(
            () -> {
              try {
                publish(sink, 0, COUNT);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    publishing.start();

    List<Integer> numbers = new ArrayList<>();
    while (numbers.size() < COUNT) {
      Message message = source.poll(SOON);
      assertThat(message).isNotNull();
      numbers.add(message.piece(0).getInt(0));
      message.release();
    }

    publishing.join();
    assertThat(numbers).isEqualTo(IntStream.range(0, COUNT).boxed().toList());
    assertThat(sink.stats().dropEvents()).isZero();
  }

  @Test
  void shouldShareOneLeaseWhenManySubscribe() throws Exception {
    MessageSink sink = publisher(SlowPeerPolicy.WAIT, SOON);
    List<MessageSource> sources = IntStream.range(0, 8).mapToObj(i -> subscriber()).toList();
    assertThat(sink.awaitPeers(8, SOON)).isTrue();
    long before = pool.stats().leases();

    publish(sink, 0, 1);
    for (MessageSource source : sources) {
      Message message = source.poll(SOON);
      assertThat(message).isNotNull();
      message.release();
    }

    assertThat(before).isZero();
    assertThat(pool.awaitNoLeases(SOON)).isTrue();
    assertThat(sink.stats().flushed()).isEqualTo(8);
    // One slab that was sent, and at most one for each subscriber.
    assertThat(pool.stats().idleBytes() / TensorPool.slabBytes(BODY)).isLessThanOrEqualTo(9);
  }
}
