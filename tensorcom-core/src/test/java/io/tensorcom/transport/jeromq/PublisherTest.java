// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zeromq.SocketType;
import org.zeromq.ZContext;

/** How long a publisher waits for a subscriber that never has room. */
final class PublisherTest {
  private static final long ATTEMPT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final ZContext context = new ZContext();
  private long now = -1_000_000_000L;
  private boolean leavesOneOut;

  @AfterEach
  void close() {
    context.close();
  }

  private Publisher publisher(Duration slowPeerWait) {
    PeerWatch peers = new PeerWatch(Duration.ofSeconds(1), () -> now);
    return new Publisher(
        context.createSocket(SocketType.XPUB), peers, slowPeerWait, this::isOneLeftOut, () -> now);
  }

  private boolean isOneLeftOut() {
    now += leavesOneOut ? ATTEMPT_NANOS : 0;
    return leavesOneOut;
  }

  /** {@return how long it waited for room before it dropped the message or was made to give up} */
  private Duration waited(Publisher publisher, Duration patience, Duration giveUpAfter) {
    long start = now;
    long drops = publisher.dropEvents();
    publisher.sendFirst(
        patience.toNanos(),
        () -> {
          if (publisher.dropEvents() > drops) {
            return true;
          }
          now += ATTEMPT_NANOS;
          return false;
        },
        () -> now - start >= giveUpAfter.toNanos());
    return Duration.ofNanos(now - start);
  }

  @Test
  void shouldWaitAsLongAsTheMessageSaysWhenThatIsLongerThanThePolicy() {
    Publisher publisher = publisher(Duration.ofMillis(100));

    assertThat(waited(publisher, Duration.ZERO, Duration.ofDays(1)))
        .isEqualTo(Duration.ofMillis(100));
    assertThat(waited(publisher, Duration.ofSeconds(2), Duration.ofDays(1)))
        .isEqualTo(Duration.ofSeconds(2));
    assertThat(waited(publisher, Duration.ofNanos(1), Duration.ofDays(1)))
        .as("never shorter than the policy")
        .isEqualTo(Duration.ofMillis(100));
    assertThat(publisher.dropEvents()).isEqualTo(3);
  }

  @Test
  void shouldWaitForAMessageWithPatienceWhenTheSubscriberHasNotMovedForLong() {
    Publisher publisher = publisher(Duration.ofMillis(100));
    waited(publisher, Duration.ZERO, Duration.ofDays(1));
    now += Duration.ofSeconds(10).toNanos();

    assertThat(waited(publisher, Duration.ZERO, Duration.ofDays(1)))
        .as("one attempt for what may be dropped")
        .isEqualTo(Duration.ofNanos(ATTEMPT_NANOS));
    assertThat(waited(publisher, Duration.ofSeconds(2), Duration.ofDays(1)))
        .isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void shouldWaitWithAMessageWithPatienceWhenJeroMqLeavesASubscriberOut() {
    Publisher publisher = publisher(Duration.ofMillis(100));
    waited(publisher, Duration.ZERO, Duration.ofDays(1));
    leavesOneOut = true;
    long start = now;

    boolean taken =
        publisher.sendFirst(
            Duration.ofSeconds(2).toNanos(), () -> !leavesOneOut, () -> tellOfRoom(start));

    assertThat(taken).isTrue();
    assertThat(now - start).isBetween(ATTEMPT_NANOS, Duration.ofSeconds(1).toNanos());
    assertThat(publisher.dropEvents()).as("that of the message before").isOne();
  }

  private boolean tellOfRoom(long start) {
    now += ATTEMPT_NANOS;
    leavesOneOut = now - start < Duration.ofMillis(500).toNanos();
    return false;
  }

  @Test
  void shouldWaitUntilItIsGivenUpWhenThePolicyHasNoNanoseconds() {
    Publisher publisher = publisher(Duration.ofSeconds(Long.MAX_VALUE));

    assertThat(waited(publisher, Duration.ZERO, Duration.ofDays(1))).isEqualTo(Duration.ofDays(1));
    assertThat(publisher.dropEvents()).isZero();
  }
}
