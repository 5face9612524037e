// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.transport.Capability;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.MessageSource;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketRole;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What every transport must do with what it has when a side is closed, whoever of the two was bound
 * and whoever connected.
 */
@Timeout(120)
public abstract class DrainContract extends TransportFixture {
  private static final int LARGE = 1 << 20;

  @Retention(RetentionPolicy.RUNTIME)
  @ParameterizedTest(name = "{0} to {1}, the sender is bound: {2}")
  @CsvSource({"PUSH, PULL, true", "PUSH, PULL, false", "PUB, SUB, true", "PUB, SUB, false"})
  private @interface EachWay {}

  private MessageSink patientSink(SocketRole role) {
    return sink(role, options(pool).withSlowPeerWait(Duration.ofMinutes(3)));
  }

  private MessageSource sourceOf(SocketRole role) {
    return role == SocketRole.SUB ? source(role, "") : source(role);
  }

  private void join(MessageSink sink, MessageSource source, boolean sinkIsBound)
      throws InterruptedException {
    if (sinkIsBound) {
      source.connect(sink.bind(any()));
    } else {
      sink.connect(source.bind(any()));
    }
    assertThat(sink.awaitPeers(1, SOON)).isTrue();
  }

  /** Sends until nothing more is taken, as nobody reads; {@return how many were taken} */
  private int fill(MessageSink sink) throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      if (sink.send(numbered(i, LARGE), Duration.ofMillis(500)) != SendResult.SENT) {
        return i;
      }
    }
    throw new AssertionError("takes whatever comes");
  }

  private CompletableFuture<SendResult> sendInTheBackground(MessageSink sink, int number) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return sink.send(numbered(number, LARGE), SOON);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @EachWay
  void shouldDeliverWhatItTookAndTakeNoMoreWhenASinkIsClosed(
      SocketRole sends, SocketRole receives, boolean sinkIsBound) throws Exception {
    MessageSink sink = patientSink(sends);
    MessageSource source = sourceOf(receives);
    join(sink, source, sinkIsBound);
    int taken = fill(sink);
    CompletableFuture<SendResult> late = sendInTheBackground(sink, taken);

    CompletableFuture<Boolean> closed = CompletableFuture.supplyAsync(() -> sink.close(SOON));

    for (int i = 0; i < taken; i++) {
      assertThat(receive(source, LARGE)).isEqualTo(i);
    }
    // One that was being offered may have been taken, and comes then.
    if (late.get(SOON.toSeconds(), TimeUnit.SECONDS) == SendResult.SENT) {
      assertThat(receive(source, LARGE)).isEqualTo(taken);
    } else {
      assertThat(late.get()).isEqualTo(SendResult.CLOSED);
    }
    assertThat(closed.get(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(sink.undelivered()).isZero();
    assertThat(sink.undeliveredByPeer()).isEmpty();
    assertThat(sink.stats().dropEvents()).isZero();
    assertThat(sink.send(numbered(0, LARGE), SOON)).isEqualTo(SendResult.CLOSED);
  }

  @EachWay
  void shouldSayWhatIsLeftWhenTheTimeToDrainIsOver(
      SocketRole sends, SocketRole receives, boolean sinkIsBound) throws Exception {
    MessageSink sink = patientSink(sends);
    MessageSource source = sourceOf(receives);
    join(sink, source, sinkIsBound);
    int taken = fill(sink);

    assertThat(sink.close(Duration.ofMillis(300))).isFalse();

    int received = 0;
    for (Message next = source.poll(Duration.ofSeconds(1));
        next != null;
        next = source.poll(Duration.ofSeconds(1))) {
      assertThat(numberOf(next, LARGE)).isEqualTo(received++);
    }
    assertThat(received).isLessThan(taken);
    if (sending().capabilities().contains(Capability.PEER_STATISTICS)) {
      assertThat(sink.undelivered()).isEqualTo(taken - received);
      assertThat(sink.undeliveredByPeer()).hasSize(1);
    }
  }

  @EachWay
  void shouldHandOutWhatCameAndThenEndWhenASourceFinishes(
      SocketRole sends, SocketRole receives, boolean sinkIsBound) throws Exception {
    MessageSink sink = patientSink(sends);
    MessageSource source = sourceOf(receives);
    join(sink, source, sinkIsBound);
    sendAll(sink, 0, 5, 2000);
    assertThat(sink.close(SOON)).isTrue();
    awaitNoPeer(source);

    source.finish();

    for (int i = 0; i < 5; i++) {
      assertThat(source.isClosed()).as("before message %d", i).isFalse();
      assertThat(receive(source, 2000)).isEqualTo(i);
    }
    assertThat(source.isClosed()).isTrue();
    assertThat(source.poll(SOON)).isNull();
  }

  /** Its end was heard of, and so all that came before. */
  private static void awaitNoPeer(MessageSource source) {
    long start = System.nanoTime();
    while (source.stats().peers() > 0) {
      assertThat(System.nanoTime() - start).isLessThan(SOON.toNanos());
      Thread.onSpinWait();
    }
  }

  @EachWay
  void shouldEndThoughTheSendersGoOnWhenASourceFinishes(
      SocketRole sends, SocketRole receives, boolean sinkIsBound) throws Exception {
    MessageSink sink = sink(sends);
    MessageSource source = sourceOf(receives);
    join(sink, source, sinkIsBound);
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<Void> sending =
        CompletableFuture.runAsync(
            () -> {
              try {
                for (int i = 0; !stop.get(); i++) {
                  sink.send(numbered(i, 100_000), Duration.ofMillis(10));
                }
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    int next = receive(source, 100_000) + 1;

    source.finish();

    while (!source.isClosed()) {
      Message message = source.poll(SOON);
      if (message != null) {
        assertThat(numberOf(message, 100_000)).isGreaterThanOrEqualTo(next);
        next++;
      }
    }
    stop.set(true);
    sending.get(SOON.toSeconds(), TimeUnit.SECONDS);
  }

  @Test
  void shouldReleaseWhatWaitsWhenASourceThatFinishesIsClosed() throws Exception {
    MessageSink sink = patientSink(SocketRole.PUSH);
    MessageSource source = source(SocketRole.PULL);
    join(sink, source, true);
    int taken = fill(sink);

    source.finish();
    source.close();

    assertThat(taken).isPositive();
    assertThat(source.isClosed()).isTrue();
    assertThat(source.poll(SOON)).isNull();
  }

  private CompletableFuture<Integer> countInTheBackground(MessageSource source) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            int count = 0;
            for (Message next = source.poll(SOON);
                next != null;
                next = source.poll(Duration.ofSeconds(4))) {
              numberOf(next, LARGE);
              count++;
            }
            return count;
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void shouldGiveWhatIsLeftToAPullerThatReadsWhenAnotherTakesNothing() throws Exception {
    MessageSink sink = sink(SocketRole.PUSH);
    MessageSource reads = source(SocketRole.PULL);
    MessageSource stuck = source(SocketRole.PULL);
    join(sink, stuck, true);
    int behindStuck = fill(sink);
    CompletableFuture<Integer> reading = countInTheBackground(reads);
    sink.connect(reads.bind(any()));
    assertThat(sink.awaitPeers(2, SOON)).isTrue();

    assertThat(sink.close(Duration.ofSeconds(2))).isFalse();

    int read = reading.get(2 * SOON.toSeconds(), TimeUnit.SECONDS);
    int held = countInTheBackground(stuck).get(2 * SOON.toSeconds(), TimeUnit.SECONDS);
    if (sending().capabilities().contains(Capability.PEER_STATISTICS)) {
      assertThat(read).isPositive();
      // What was given to the other is its own: the next peer's batches are to come in order.
      assertThat(sink.undelivered()).isEqualTo(behindStuck - read - held).isBetween(1L, 2L);
      assertThat(sink.undeliveredByPeer().values()).containsExactly(sink.undelivered());
    }
  }

  @Test
  void shouldPublishToThoseThatReadWhenOneSubscriberTakesNothing() throws Exception {
    MessageSink sink = patientSink(SocketRole.PUB);
    MessageSource reads = source(SocketRole.SUB, "");
    MessageSource stuck = source(SocketRole.SUB, "");
    join(sink, reads, true);
    join(sink, stuck, false);
    assertThat(sink.awaitPeers(2, SOON)).isTrue();
    CompletableFuture<Integer> reading = countInTheBackground(reads);
    int taken = fill(sink);

    assertThat(sink.close(Duration.ofSeconds(2))).isFalse();

    assertThat(reading.get(2 * SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(taken);
    if (sending().capabilities().contains(Capability.PEER_STATISTICS)) {
      assertThat(sink.undelivered()).isPositive();
      assertThat(sink.undeliveredByPeer().values()).containsExactly(sink.undelivered());
    }
  }
}
