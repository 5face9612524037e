// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.transport.Capability;
import io.tensorcom.transport.ConnectionListener;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSocket;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every transport must do about addresses that come and go, and tell of them. */
@Timeout(60)
public abstract class LeavingContract extends TransportFixture {
  private static final Duration LINGER = Duration.ofSeconds(5);

  private static BlockingQueue<String> eventsOf(MessageSocket socket) {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    socket.setConnectionListener(
        new ConnectionListener() {
          @Override
          public void connected(TransportAddress address) {
            events.add("connected " + address);
          }

          @Override
          public void unreachable(TransportAddress address, String reason) {
            assertThat(reason).isNotBlank();
            events.add("unreachable " + address);
          }

          @Override
          public void disconnected(TransportAddress address) {
            events.add("disconnected " + address);
          }
        });
    return events;
  }

  private static void await(BlockingQueue<String> events, String wanted) throws Exception {
    List<String> before = new ArrayList<>();
    while (true) {
      String event = events.poll(30, TimeUnit.SECONDS);
      assertThat(event).as("%s after %s", wanted, before).isNotNull();
      if (event.equals(wanted)) {
        return;
      }
      before.add(event);
    }
  }

  private static void awaitPeersAtMost(MessageSocket socket, int count) {
    await("those that go", () -> socket.stats().peers() <= count);
  }

  @Test
  void shouldTellWhenConnectionsComeAndGo() throws Exception {
    MessageSource source = source(SocketRole.PULL);
    BlockingQueue<String> events = eventsOf(source);
    MessageSink first = sink(SocketRole.PUSH);
    TransportAddress address = bindForRebinding(first);

    source.connect(address);
    await(events, "connected " + address);
    first.close();
    await(events, "disconnected " + address);
    await(events, "unreachable " + address);
    MessageSink second = sink(SocketRole.PUSH);
    second.bind(address);
    await(events, "connected " + address);

    sendAll(second, 1, 2, 100);
    assertThat(receive(source, 100)).isEqualTo(1);
  }

  @Test
  void shouldWriteWhatItWasGivenWhenAPusherLeaves() throws Exception {
    MessageSource source = source(SocketRole.PULL);
    MessageSink sink = sink(SocketRole.PUSH);
    TransportAddress address = source.bind(any());
    sink.connect(address);
    // More than the kernel's buffers take, in less messages than go to one peer.
    sendAll(sink, 0, 2, 8_000_000);

    sink.disconnect(address, LINGER);

    boolean inOrder = sending().capabilities().contains(Capability.LEAVE_IN_ORDER);
    for (int i = 0; i < 2; i++) {
      Message message = source.poll(inOrder ? SOON : Duration.ofSeconds(1));
      if (message == null && !inOrder) {
        break;
      }
      assertThat(message).isNotNull();
      assertThat(numberOf(message, 8_000_000)).isEqualTo(i);
    }
    assertThat(sink.send(numbered(3, 10_000), Duration.ofMillis(300)))
        .as("nobody is left")
        .isEqualTo(SendResult.TIMED_OUT);
  }

  @Test
  void shouldPushToThoseThatStayWhenOneIsLeft() throws Exception {
    MessageSource gone = source(SocketRole.PULL);
    MessageSource stays = source(SocketRole.PULL);
    MessageSink sink = sink(SocketRole.PUSH);
    TransportAddress left = gone.bind(any());
    sink.connect(left);
    sink.connect(stays.bind(any()));
    assertThat(sink.awaitPeers(2, SOON)).isTrue();

    sink.disconnect(left, LINGER);
    awaitPeersAtMost(sink, 1);
    Thread sender = sendInBackground(sink, 0, 20, 10_000);

    for (int i = 0; i < 20; i++) {
      assertThat(receive(stays, 10_000)).isEqualTo(i);
    }
    sender.join();
    assertThat(gone.poll(Duration.ofMillis(50))).isNull();
  }

  @Test
  void shouldHearTheRestWhenAReceiverLeaves() throws Exception {
    MessageSource source = source(SocketRole.PULL);
    BlockingQueue<String> events = eventsOf(source);
    MessageSink sink = sink(SocketRole.PUSH);
    TransportAddress address = sink.bind(any());
    source.connect(address);
    await(events, "connected " + address);

    // Without the capability it leaves when the time is over, whatever is still being sent.
    boolean inOrder = receiving().capabilities().contains(Capability.LEAVE_IN_ORDER);
    source.disconnect(address, inOrder ? LINGER : Duration.ofMillis(200));
    for (int i = 0; inOrder && i < 20; i++) {
      sendAll(sink, i, i + 1, 100_000);
      assertThat(receive(source, 100_000)).isEqualTo(i);
    }
    await(events, "disconnected " + address);
    awaitPeersAtMost(sink, 0);

    assertThat(sink.send(numbered(1, 100_000), Duration.ofMillis(300)))
        .isEqualTo(SendResult.TIMED_OUT);
  }

  @Test
  void shouldHearEachMessageOnceWhenAnAddressIsLeftAndComesBack() throws Exception {
    MessageSource source = source(SocketRole.SUB, "");
    BlockingQueue<String> events = eventsOf(source);
    MessageSink sink = sink(SocketRole.PUB);
    TransportAddress address = sink.bind(any());
    source.connect(address);
    assertThat(sink.awaitPeers(1, SOON)).isTrue();
    await(events, "connected " + address);

    for (int i = 0; i < 5; i++) {
      source.disconnect(address, LINGER);
      source.connect(address);
      sendAll(sink, i, i + 1, 1000);
      assertThat(receive(source, 1000)).isEqualTo(i);
    }

    assertThat(source.poll(Duration.ofMillis(100))).isNull();
    assertThat(events).isEmpty();
  }

  @Test
  void shouldEndAtOnceWhenThereIsNoLinger() throws Exception {
    MessageSource source = source(SocketRole.PULL);
    BlockingQueue<String> events = eventsOf(source);
    MessageSink sink = sink(SocketRole.PUSH);
    TransportAddress address = sink.bind(any());
    source.connect(address);
    await(events, "connected " + address);

    source.disconnect(address);

    await(events, "disconnected " + address);
    if (receiving().capabilities().contains(Capability.LEAVE_IN_ORDER)) {
      assertThat(source.stats().peers()).isZero();
    }
    assertThat(events.poll(300, TimeUnit.MILLISECONDS)).as("no further attempt").isNull();
  }
}
