// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static io.tensorcom.transport.zmtp.Wire.body;
import static io.tensorcom.transport.zmtp.Wire.command;
import static io.tensorcom.transport.zmtp.Wire.frame;
import static io.tensorcom.transport.zmtp.Wire.greeting;
import static io.tensorcom.transport.zmtp.Wire.join;
import static io.tensorcom.transport.zmtp.Wire.message;
import static io.tensorcom.transport.zmtp.Wire.ready;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.Tuning;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Deadlines of a session, to the nanosecond. */
final class SessionClockTest {
  private static final Duration HANDSHAKE = Duration.ofSeconds(5);
  private static final byte[] HELLO = join(greeting(1), ready("PUSH"));

  private static SessionFixture withTimes(Duration heartbeat, Duration progress) {
    Tuning tuning = Tuning.DEFAULT.withTimes(heartbeat, progress, Duration.ZERO);
    return new SessionFixture(SocketRole.PULL, options -> options.withTuning(tuning));
  }

  private static SessionFixture readySession() {
    SessionFixture fixture = new SessionFixture(SocketRole.PULL);
    fixture.link.feed(HELLO);
    return fixture;
  }

  @Test
  void shouldEndAtTheDeadlineWhenHandshakeStopsAnywhere() {
    for (int length = 0; length < HELLO.length; length++) {
      SessionFixture fixture = new SessionFixture(SocketRole.PULL);
      fixture.link.feed(Arrays.copyOf(HELLO, length));
      fixture.scheduler.advance(HANDSHAKE.minusNanos(1));
      assertThat(fixture.events).as("%d bytes, before the deadline", length).isEmpty();
      fixture.scheduler.advanceNanos(1);
      assertThat(fixture.events)
          .as("%d bytes, at the deadline", length)
          .containsExactly("closed HANDSHAKE_TIMEOUT");
      assertThat(fixture.session.counters().endedInHandshake()).isTrue();
      assertThat(fixture.link.isClosed()).isTrue();
    }
  }

  @Test
  void shouldKeepTheDeadlineWhenPeerTrickles() {
    SessionFixture fixture = new SessionFixture(SocketRole.PULL);
    for (byte each : Arrays.copyOf(HELLO, 50)) {
      fixture.scheduler.advance(Duration.ofMillis(101));
      fixture.link.feed(new byte[] {each});
    }

    assertThat(fixture.events).containsExactly("closed HANDSHAKE_TIMEOUT");
  }

  @Test
  void shouldForgetTheDeadlineWhenHandshakeIsDoneInTime() {
    SessionFixture fixture = new SessionFixture(SocketRole.PULL);
    fixture.scheduler.advance(HANDSHAKE.minusNanos(1));
    fixture.link.feed(HELLO);
    fixture.scheduler.advance(Duration.ofDays(1));

    assertThat(fixture.events).containsExactly("ready");
    assertThat(fixture.scheduler.pending()).isZero();
  }

  @Test
  void shouldEndWhenMessageTricklesEvenIfCommandsComeBetweenItsFrames() {
    Duration progress = Duration.ofSeconds(30);
    SessionFixture fixture = withTimes(Duration.ZERO, progress);
    fixture.link.feed(HELLO);
    fixture.scheduler.advance(Duration.ofDays(1));
    fixture.link.feed(new byte[] {1, 1, 'x', 0, 100});
    for (int i = 0; i < 29; i++) {
      fixture.scheduler.advance(Duration.ofSeconds(1));
      fixture.link.feed(i % 2 == 0 ? new byte[] {'y'} : new byte[] {'z', 'z'});
    }
    assertThat(fixture.events).containsExactly("ready");

    fixture.scheduler.advance(Duration.ofSeconds(1));

    assertThat(fixture.events).containsExactly("ready", "closed STALLED");
  }

  @Test
  void shouldEndWhenPeerIsSilentForLongerThanItPromised() {
    SessionFixture fixture = readySession();
    fixture.link.feed(command("PING", new byte[] {0, 20}));
    fixture.scheduler.advance(Duration.ofMillis(1900));
    fixture.link.feed(command("PONG", new byte[0]));
    fixture.scheduler.advance(Duration.ofSeconds(2).minusNanos(1));
    assertThat(fixture.events).containsExactly("ready");

    fixture.scheduler.advanceNanos(1);

    assertThat(fixture.events).containsExactly("ready", "closed SILENT");
  }

  @Test
  void shouldGivePeerASecondWhenItPromisedLess() {
    SessionFixture fixture = readySession();
    fixture.link.feed(command("PING", new byte[] {0, 1}));
    fixture.scheduler.advance(Duration.ofSeconds(1).minusNanos(1));
    assertThat(fixture.events).containsExactly("ready");

    fixture.scheduler.advanceNanos(1);

    assertThat(fixture.events).containsExactly("ready", "closed SILENT");
  }

  @Test
  void shouldWaitForEverWhenPeerPromisesNothingOrTakesItsPromiseBack() {
    SessionFixture fixture = readySession();
    fixture.link.feed(command("PING", new byte[] {0, 20}));
    fixture.link.feed(command("PING", new byte[] {0, 0}));
    fixture.scheduler.advance(Duration.ofDays(1));

    assertThat(fixture.events).containsExactly("ready");
  }

  @Test
  void shouldNotBlamePeerForSilenceWhenNothingIsRead() {
    SessionFixture fixture = readySession();
    fixture.link.feed(command("PING", new byte[] {0, 20}));
    fixture.session.pauseReading(true);
    fixture.scheduler.advance(Duration.ofMinutes(1));
    assertThat(fixture.events).containsExactly("ready");
    assertThat(fixture.scheduler.runs()).as("looks seldom meanwhile").isLessThan(40);

    fixture.session.pauseReading(false);
    fixture.scheduler.advance(Duration.ofSeconds(2).minusNanos(1));
    assertThat(fixture.events).as("time begins anew").containsExactly("ready");
    fixture.scheduler.advance(Duration.ofSeconds(3));

    assertThat(fixture.events).containsExactly("ready", "closed SILENT");
  }

  @Test
  void shouldEndWhenAMessageStopsInItsMiddle() {
    byte[] says = message(body(3), body(300));
    for (int length = 1; length < says.length; length++) {
      SessionFixture fixture = withTimes(Duration.ZERO, Duration.ofSeconds(3));
      fixture.link.feed(HELLO);
      fixture.link.feed(Arrays.copyOf(says, length));
      fixture.scheduler.advance(Duration.ofSeconds(3).minusNanos(1));
      assertThat(fixture.events).as("%d bytes", length).containsExactly("ready");
      fixture.scheduler.advanceNanos(1);
      assertThat(fixture.events).as("%d bytes", length).containsExactly("ready", "closed STALLED");
      fixture.scheduler.runDue();
      assertThat(fixture.pool.stats().leases()).isZero();
    }
  }

  @Test
  void shouldNotBlamePeerForAStopWhenNothingIsRead() {
    SessionFixture fixture = withTimes(Duration.ZERO, Duration.ofSeconds(3));
    fixture.link.feed(HELLO);
    fixture.link.feed(frame(1, body(3)));
    fixture.session.pauseReading(true);
    fixture.scheduler.advance(Duration.ofMinutes(1));
    assertThat(fixture.events).containsExactly("ready");

    fixture.session.pauseReading(false);
    fixture.scheduler.advance(Duration.ofSeconds(3).minusNanos(1));
    assertThat(fixture.events).as("time begins anew").containsExactly("ready");
    fixture.scheduler.advanceNanos(1);

    assertThat(fixture.events).containsExactly("ready", "closed STALLED");
  }

  @Test
  void shouldPingAtEveryIntervalWhenReceiverHasAHeartbeat() {
    SessionFixture fixture = withTimes(Duration.ofSeconds(2), Duration.ofSeconds(30));
    fixture.link.feed(HELLO);
    byte[] hello = join(greeting(1), ready("PULL"));
    fixture.scheduler.advance(Duration.ofSeconds(2).minusNanos(1));
    assertThat(fixture.link.written()).isEqualTo(hello);

    fixture.scheduler.advanceNanos(1);
    byte[] ping = command("PING", new byte[] {0, 80});
    assertThat(fixture.link.written()).isEqualTo(join(hello, ping));
    fixture.scheduler.advance(Duration.ofSeconds(4));

    assertThat(fixture.link.written()).isEqualTo(join(hello, ping, ping, ping));
  }

  @Test
  void shouldPromiseNoMoreThanPeersCanCountWhenHeartbeatIsLong() {
    SessionFixture fixture = withTimes(Duration.ofMinutes(5), Duration.ofSeconds(30));
    fixture.link.feed(HELLO);
    fixture.scheduler.advance(Duration.ofMinutes(5));

    byte[] ping = command("PING", new byte[] {(byte) (655 >> 8), (byte) 655});
    assertThat(fixture.link.written()).isEqualTo(join(greeting(1), ready("PULL"), ping));
  }

  @Test
  void shouldNotPingWhenPeerIsOfVersionZeroOrThisSideSends() {
    SessionFixture old = withTimes(Duration.ofSeconds(2), Duration.ofSeconds(30));
    old.link.feed(join(greeting(0), ready("PUSH")));
    Tuning tuning =
        Tuning.DEFAULT.withTimes(Duration.ofSeconds(2), Duration.ofSeconds(30), Duration.ZERO);
    SessionFixture sender =
        new SessionFixture(SocketRole.PUSH, options -> options.withTuning(tuning));
    sender.link.feed(join(greeting(1), ready("PULL")));
    old.scheduler.advance(Duration.ofMinutes(1));
    sender.scheduler.advance(Duration.ofMinutes(1));

    assertThat(old.link.written()).isEqualTo(join(greeting(1), ready("PULL")));
    assertThat(sender.link.written()).isEqualTo(join(greeting(1), ready("PUSH")));
  }

  @Test
  void shouldAnswerOnlyTheLastPingWhenThereIsNoRoomToWrite() {
    SessionFixture fixture = readySession();
    fixture.link.setFull(true);
    fixture.link.feed(command("PING", new byte[] {0, 0, 1}));
    for (int i = 2; i < 100; i++) {
      fixture.link.feed(command("PING", new byte[] {0, 0, (byte) i}));
    }
    fixture.link.setFull(false);

    byte[] first = command("PONG", new byte[] {1});
    byte[] last = command("PONG", new byte[] {99});
    assertThat(fixture.link.written()).isEqualTo(join(greeting(1), ready("PULL"), first, last));
  }

  @Test
  void shouldTellHowLongPeerTookNothingWhenSomethingWaits() {
    SessionFixture fixture = new SessionFixture(SocketRole.PUSH);
    fixture.link.feed(join(greeting(1), ready("PULL")));
    fixture.scheduler.advance(Duration.ofSeconds(9));
    assertThat(fixture.session.stuckNanos()).as("nothing waits").isZero();
    fixture.link.setFull(true);
    fixture.session.send(new SharedMessage(Wire.outbound(() -> {}, body(3000))));
    fixture.scheduler.advance(Duration.ofSeconds(3));

    assertThat(fixture.session.stuckNanos()).isEqualTo(Duration.ofSeconds(3).toNanos());
    fixture.link.setFull(false);
    assertThat(fixture.session.stuckNanos()).isZero();
  }
}
