// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Capability;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.TransportException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every transport must do, and every pair of transports together: a test class extends this
 * and names the two. Where a transport lacks a {@link Capability} the documented lesser behaviour
 * is asserted.
 */
@Timeout(60)
public abstract class TransportContract extends PublishContract {
  @Test
  void shouldDeliverEverythingInOrderWhenPushBindsAndPullConnects() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    MessageSource source = source(SocketRole.PULL);
    source.connect(sink.bind(any()));

    Thread sender = sendInBackground(sink, 0, 200, 100_000);
    for (int i = 0; i < 200; i++) {
      assertThat(receive(source, 100_000)).isEqualTo(i);
    }
    sender.join();

    assertThat(sink.stats().messages()).isEqualTo(200);
    assertThat(source.stats().messages()).isEqualTo(200);
    assertThat(source.stats().bytes()).isEqualTo(200 * 100_006L);
  }

  @Test
  void shouldDeliverEverythingInOrderWhenPullBindsAndPushConnects() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    MessageSource source = source(SocketRole.PULL);
    sink.connect(source.bind(any()));

    Thread sender = sendInBackground(sink, 0, 50, 10);
    for (int i = 0; i < 50; i++) {
      assertThat(receive(source, 10)).isEqualTo(i);
    }
    sender.join();
  }

  @Test
  void shouldDeliverEverythingInOrderWhenBodiesAreLarge() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    MessageSource source = source(SocketRole.PULL);
    source.connect(sink.bind(any()));

    Thread sender = sendInBackground(sink, 0, 20, 5_000_003);
    for (int i = 0; i < 20; i++) {
      assertThat(receive(source, 5_000_003)).isEqualTo(i);
    }
    sender.join();
  }

  @Test
  void shouldReceiveIntoAlignedLeasedMemoryWhenBodyIsLarge() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    MessageSource source = source(SocketRole.PULL);
    source.connect(sink.bind(any()));

    sendAll(sink, 0, 1, 1 << 20);
    Message message = source.poll(SOON);

    assertThat(message).isNotNull();
    assertThat(message.lease(1)).isNotNull();
    assertThat(message.piece(1).isDirect()).isTrue();
    assertThat(message.piece(1).alignmentOffset(0, 64)).isZero();
    message.release();
  }

  @Test
  void shouldTimeOutAndReleaseWhenPushHasNoPeer() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    sink.bind(any());
    AtomicInteger released = new AtomicInteger();
    ByteBuffer body = ByteBuffer.allocateDirect(100_000);
    Message message =
        Message.outbound(
            new ByteBuffer[] {ByteBuffer.allocate(8), body}, false, released::incrementAndGet);

    assertThat(sink.send(message, Duration.ofMillis(50))).isEqualTo(SendResult.TIMED_OUT);

    assertThat(released).hasValue(1);
  }

  @Test
  void shouldTimeOutWhenPushConnectsToNobody() throws Exception {
    MessageSink closed = sink(SocketRole.PUSH);
    TransportAddress nobody = closed.bind(any());
    closed.close();
    MessageSink sink = sink(SocketRole.PUSH);
    sink.connect(nobody);

    assertThat(sink.send(numbered(1, 1000), Duration.ofMillis(100)))
        .isEqualTo(SendResult.TIMED_OUT);
  }

  @Test
  void shouldThrowInterruptedWhenSendIsInterrupted() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    sink.bind(any());
    Message message = numbered(1, 1000);

    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> sink.send(message, SOON)).isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void shouldAnswerClosedWhenSendingAfterClose() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    sink.bind(any());
    sink.close();
    sink.close();

    assertThat(sink.send(numbered(1, 1000), SOON)).isEqualTo(SendResult.CLOSED);
  }

  @Test
  void shouldShareFairlyWhenSeveralPullersTakeTurns() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    TransportAddress address = sink.bind(any());
    List<MessageSource> sources =
        IntStream.range(0, 2).mapToObj(i -> source(SocketRole.PULL)).toList();
    sources.forEach(source -> source.connect(address));
    assertThat(sink.awaitPeers(2, SOON)).isTrue();

    Thread sender = sendInBackground(sink, 0, 40, 1000);
    Set<Integer> seen = new TreeSet<>();
    int[] counts = new int[2];
    while (seen.size() < 40) {
      for (int i = 0; i < 2; i++) {
        Message message = sources.get(i).poll(Duration.ofMillis(20));
        if (message != null) {
          assertThat(seen.add(numberOf(message, 1000))).isTrue();
          counts[i]++;
        }
      }
    }
    sender.join();

    assertThat(counts[0]).isPositive();
    assertThat(counts[1]).isPositive();
  }

  @Test
  void shouldReceiveFromAllWhenConnectedToSeveralSenders() throws Exception {
    MessageSource source = source(SocketRole.PULL);
    List<MessageSink> sinks = IntStream.range(0, 3).mapToObj(i -> sink(SocketRole.PUSH)).toList();
    sinks.forEach(sink -> source.connect(sink.bind(any())));

    List<Thread> senders = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      senders.add(sendInBackground(sinks.get(i), 100 * i, 100 * i + 30, 5000));
    }
    Set<Integer> seen = new TreeSet<>();
    int[] next = {0, 100, 200};
    while (seen.size() < 90) {
      int number = receive(source, 5000);
      seen.add(number);
      assertThat(number).as("order of one sender").isEqualTo(next[number / 100]++);
    }
    for (Thread sender : senders) {
      sender.join();
    }
  }

  @Test
  void shouldDeliverEverythingWhenSinkIsClosedWithDrain() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    MessageSource source = source(SocketRole.PULL);
    source.connect(sink.bind(any()));
    assertThat(sink.awaitPeers(1, SOON)).isTrue();
    // More than the kernel's buffers take.
    sendAll(sink, 0, 4, 8_000_000);

    Thread closer = new Thread(() -> assertThat(sink.close(SOON)).isTrue());
    closer.start();

    for (int i = 0; i < 4; i++) {
      assertThat(receive(source, 8_000_000)).isEqualTo(i);
    }
    closer.join();
  }

  @Test
  void shouldDeliverEverythingWhenSinkIsClosedWhileTheReceiverTakesNothing() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    MessageSource source = source(SocketRole.PULL);
    source.connect(sink.bind(any()));
    assertThat(sink.awaitPeers(1, SOON)).isTrue();
    // More than the receiver queues, so that it stops reading; no more than the kernel takes.
    int count = 18;
    sendAll(sink, 0, count, 150_000);
    Thread closer = new Thread(() -> assertThat(sink.close(SOON)).isTrue());
    closer.start();
    // Over TCP all is with the kernel soon, and the connection has ended when reading goes on.
    closer.join(1000);

    // JeroMQ closes 0.3 s after its last write, and may lose the end of it at a peer that stalls.
    boolean mayLoseTheLast = !sending().capabilities().contains(Capability.LEAVE_IN_ORDER);
    for (int i = 0; i < count; i++) {
      boolean last = mayLoseTheLast && i == count - 1;
      Message message = source.poll(last ? Duration.ofSeconds(2) : SOON);
      if (message == null && last) {
        break;
      }
      assertThat(message).as("message %d", i).isNotNull();
      assertThat(numberOf(message, 150_000)).isEqualTo(i);
    }
    closer.join();
  }

  @Test
  void shouldGoOnDeliveringWhenReceiverConnectsFirst() throws Exception {
    MessageSink first = sink(SocketRole.PUSH);
    TransportAddress address = bindForRebinding(first);
    first.close();
    MessageSource source = source(SocketRole.PULL);
    source.connect(address);
    MessageSink second = sink(SocketRole.PUSH);
    second.bind(address);

    sendAll(second, 1, 2, 1000);

    assertThat(receive(source, 1000)).isEqualTo(1);
  }

  @Test
  void shouldRefuseToSendWhenMessageIsLargerThanTheLimit() {
    MessageSink sink = sink(SocketRole.PUSH, options(pool).withMaxMessageBytes(1000));

    assertThatThrownBy(() -> sink.send(numbered(1, 1000), SOON))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("message bytes: 1006 (expected: <= 1000)");
  }

  @Test
  void shouldNeverHandOutWhenPeerSendsMoreThanTheLimit() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    MessageSource source = source(SocketRole.PULL, options(pool).withMaxMessageBytes(100_000));
    source.connect(sink.bind(any()));

    assertThat(sink.send(numbered(1, 200_000), SOON)).isEqualTo(SendResult.SENT);

    // Others refuse without counting.
    boolean counts = receiving().capabilities().contains(Capability.PEER_STATISTICS);
    long start = System.nanoTime();
    while (counts && source.stats().refused() == 0) {
      assertThat(System.nanoTime() - start).as("time to refuse").isLessThan(SOON.toNanos());
      Thread.onSpinWait();
    }
    assertThat(source.poll(counts ? Duration.ZERO : Duration.ofSeconds(1))).isNull();
    assertThat(source.stats().messages()).isZero();
  }

  @Test
  void shouldHoldBackTheSenderWhenReceiverDoesNotTake() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    MessageSource source = source(SocketRole.PULL);
    source.connect(sink.bind(any()));
    assertThat(sink.awaitPeers(1, SOON)).isTrue();
    int sent = 0;
    while (sent < 100
        && sink.send(numbered(sent, 4 << 20), Duration.ofSeconds(1)) == SendResult.SENT) {
      sent++;
    }

    assertThat(sent).as("messages of 4 MiB taken while nobody reads").isBetween(4, 24);
    for (int i = 0; i < sent; i++) {
      assertThat(receive(source, 4 << 20)).isEqualTo(i);
    }
  }

  @Test
  void shouldReturnNothingWhenSourceIsClosedDuringPoll() throws Exception {
    MessageSource source = source(SocketRole.PULL);
    source.bind(any());
    Thread closer = new Thread(source::close);
    closer.start();

    assertThat(source.poll(SOON)).isNull();
    closer.join();
    assertThat(source.isClosed()).isTrue();
  }

  @Test
  void shouldRefuseToBindWhenAddressIsTaken() {
    MessageSink first = sink(SocketRole.PUSH);
    TransportAddress address = first.bind(any());
    MessageSink second = sink(SocketRole.PUSH);

    assertThatThrownBy(() -> second.bind(address))
        .isInstanceOf(TransportException.class)
        .hasMessageContaining(address.toString())
        .hasMessageContaining("address in use");
  }

  @Test
  void shouldSpeakOrRefuseClearlyWhenAskedForUnixSockets() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    MessageSource source = source(SocketRole.PULL);
    TransportAddress address = anyUnixSocket();
    boolean sends = sending().capabilities().contains(Capability.UNIX_SOCKETS);
    boolean receives = receiving().capabilities().contains(Capability.UNIX_SOCKETS);
    if (sends && receives) {
      source.connect(sink.bind(address));
      sendAll(sink, 1, 2, 100_000);
      assertThat(receive(source, 100_000)).isEqualTo(1);
      return;
    }
    assertThatThrownBy(() -> (sends ? source : sink).bind(address))
        .isInstanceOf(TransportException.class)
        .hasMessageContaining("no Unix-domain sockets");
  }

  @Test
  void shouldGatherWhenMessageIsOneFrame() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    MessageSource source = source(SocketRole.PULL);
    source.connect(sink.bind(any()));
    ByteBuffer[] pieces = {ByteBuffer.wrap(new byte[] {1, 2}), ByteBuffer.wrap(new byte[] {3})};

    sink.send(Message.outbound(pieces, true, () -> {}), SOON);
    Message message = source.poll(SOON);

    assertThat(message).isNotNull();
    assertThat(message.pieceCount()).isEqualTo(1);
    assertThat(message.piece(0)).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    message.release();
  }

  @Test
  void shouldKeepReceivingWhenPoolHoldsLessThanIsInFlight() throws Exception {
    TensorPool small = TensorPool.ofBudget(2 << 20);
    MessageSource source = source(SocketRole.PULL, options(small).withMaxMessageBytes(1 << 20));
    List<MessageSink> sinks = IntStream.range(0, 4).mapToObj(i -> sink(SocketRole.PUSH)).toList();
    sinks.forEach(sink -> source.connect(sink.bind(any())));
    List<Thread> senders = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      senders.add(sendInBackground(sinks.get(i), 10 * i, 10 * i + 10, 900_000));
    }

    Set<Integer> seen = new TreeSet<>();
    while (seen.size() < 40) {
      seen.add(receive(source, 900_000));
    }
    for (Thread sender : senders) {
      sender.join();
    }
    assertThat(small.stats().leasedBytes()).isLessThanOrEqualTo(2 << 20);
  }
}
