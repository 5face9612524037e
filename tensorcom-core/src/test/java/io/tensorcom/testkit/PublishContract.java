// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The part of {@link TransportContract} that is about PUB and SUB. */
abstract class PublishContract extends TransportFixture {
  @Test
  void shouldReachEverySubscriberWhenPublishing() throws Exception {
    MessageSink sink = sink(SocketRole.PUB);
    TransportAddress address = sink.bind(any());
    List<MessageSource> sources =
        IntStream.range(0, 3).mapToObj(i -> source(SocketRole.SUB, "")).toList();
    sources.forEach(source -> source.connect(address));
    assertThat(sink.awaitPeers(3, SOON)).isTrue();

    Thread sender = sendInBackground(sink, 0, 4, 20_000);
    for (MessageSource source : sources) {
      for (int i = 0; i < 4; i++) {
        assertThat(receive(source, 20_000)).isEqualTo(i);
      }
    }
    sender.join();
  }

  @Test
  void shouldReachSubscriberWhenItBindsAndPublisherConnects() throws Exception {
    MessageSource source = source(SocketRole.SUB, "");
    MessageSink sink = sink(SocketRole.PUB);
    sink.connect(source.bind(any()));
    assertThat(sink.awaitPeers(1, SOON)).isTrue();

    sendAll(sink, 7, 8, 100);

    assertThat(receive(source, 100)).isEqualTo(7);
  }

  @Test
  void shouldDeliverOnlyMatchesWhenSubscribedToTopics() throws Exception {
    MessageSink sink = sink(SocketRole.PUB);
    MessageSource source = source(SocketRole.SUB, "m00003", "m00005");
    source.connect(sink.bind(any()));
    assertThat(sink.awaitPeers(1, SOON)).isTrue();
    // A late topic must not be missed: both are there once a message of the second comes through.
    Message first = null;
    for (int i = 0; i < 1000 && first == null; i++) {
      sendAll(sink, 5, 6, 10);
      first = source.poll(Duration.ofMillis(20));
    }
    assertThat(first).isNotNull();
    numberOf(first, 10);

    sendAll(sink, 1, 5, 10);

    int number = receive(source, 10);
    while (number == 5) {
      number = receive(source, 10);
    }
    assertThat(number).isEqualTo(3);
  }

  @Test
  void shouldCountUnheardWhenNobodySubscribed() throws Exception {
    MessageSink sink = sink(SocketRole.PUB);
    sink.bind(any());

    sendAll(sink, 0, 3, 50_000);

    assertThat(sink.stats().unheard()).isEqualTo(3);
    assertThat(sink.stats().messages()).isEqualTo(3);
  }

  @Test
  void shouldHearEveryTopicWhenThereAreMoreThanMessagesPerPeer() throws Exception {
    MessageSink sink = sink(SocketRole.PUB);
    String[] topics = IntStream.range(10, 30).mapToObj("m000%d"::formatted).toArray(String[]::new);
    MessageSource source = source(SocketRole.SUB, topics);
    source.connect(sink.bind(any()));
    assertThat(sink.awaitPeers(1, SOON)).isTrue();

    for (int i = 10; i < 30; i++) {
      // The last topics may come later than the first.
      Message message = null;
      for (int j = 0; j < 200 && message == null; j++) {
        sendAll(sink, i, i + 1, 10);
        message = source.poll(Duration.ofMillis(20));
      }
      assertThat(message).as("message %d", i).isNotNull();
      message.release();
    }
  }

  private MessageSink patientPublisher() {
    SocketOptions options = options(pool).withSlowPeerWait(Duration.ofMinutes(3));
    return sink(SocketRole.PUB, options);
  }

  private void sendUntilOneWaits(MessageSink sink, int number) throws InterruptedException {
    SendResult result = SendResult.SENT;
    for (int i = 0; i < 100 && result == SendResult.SENT; i++) {
      result = sink.send(numbered(number, 1 << 20), Duration.ofSeconds(1));
    }
    assertThat(result).isEqualTo(SendResult.TIMED_OUT);
  }

  @Test
  void shouldCloseAtOnceWhenASubscriberTakesNothing() throws Exception {
    MessageSink sink = patientPublisher();
    MessageSource source = source(SocketRole.SUB, "");
    source.connect(sink.bind(any()));
    assertThat(sink.awaitPeers(1, SOON)).isTrue();
    sendUntilOneWaits(sink, 1);
    CompletableFuture<SendResult> waits = new CompletableFuture<>();
    Thread sender =
        new Thread(
            () -> {
              try {
                waits.complete(sink.send(numbered(2, 1 << 20), Duration.ofMinutes(3)));
              } catch (InterruptedException | RuntimeException e) {
                waits.completeExceptionally(e);
              }
            });
    sender.start();
    while (sender.getState() != Thread.State.TIMED_WAITING && sender.isAlive()) {
      Thread.onSpinWait();
    }

    long start = System.nanoTime();
    sink.close(Duration.ZERO);

    assertThat(System.nanoTime() - start).as("time to close").isLessThan(SOON.toNanos());
    // Five seconds after the subscriber stopped, nobody waits for it any more.
    assertThat(waits.get(SOON.toSeconds(), TimeUnit.SECONDS))
        .isIn(SendResult.CLOSED, SendResult.SENT);
  }

  private CompletableFuture<SendResult> sendInBackground(MessageSink sink, Message message) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return sink.send(message, SOON);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void shouldDeliverAMessageWithPatienceWhenASubscriberIsFullForLongerThanThePolicyWaits()
      throws Exception {
    MessageSink sink = sink(SocketRole.PUB, options(pool).withSlowPeerWait(Duration.ofMillis(1)));
    MessageSource source = source(SocketRole.SUB, "");
    source.connect(sink.bind(any()));
    assertThat(sink.awaitPeers(1, SOON)).isTrue();
    // Many more than find room anywhere, so that it stays full: JeroMQ may count a single drop.
    int last = 100;
    sendAll(sink, 0, last, 1 << 20);

    CompletableFuture<SendResult> fate =
        sendInBackground(sink, numbered(last, 1 << 20).withPatience(SOON.toNanos()));
    try {
      fate.get(500, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // A transport may let the sender wait with it.
    }

    int next = -1;
    while (next != last) {
      next = receive(source, 1 << 20);
    }
    assertThat(fate.get(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(SendResult.SENT);
    assertThat(sink.stats().dropEvents()).as("the subscriber was full").isPositive();
  }

  @Test
  void shouldGoOnPublishingWhenAMessageTimedOut() throws Exception {
    MessageSink sink = patientPublisher();
    MessageSource slow = source(SocketRole.SUB, "m00001");
    MessageSource other = source(SocketRole.SUB, "m00002");
    TransportAddress address = sink.bind(any());
    slow.connect(address);
    other.connect(address);
    assertThat(sink.awaitPeers(2, SOON)).isTrue();
    sendUntilOneWaits(sink, 1);
    long accepted = sink.stats().messages();

    for (int i = 0; i < accepted; i++) {
      assertThat(receive(slow, 1 << 20)).isEqualTo(1);
    }
    sendAll(sink, 2, 3, 1000);

    assertThat(receive(other, 1000)).isEqualTo(2);
    assertThat(slow.poll(Duration.ofMillis(300))).as("what it did not ask for").isNull();
  }
}
