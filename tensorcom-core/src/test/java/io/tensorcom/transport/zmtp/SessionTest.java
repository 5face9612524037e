// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static io.tensorcom.transport.zmtp.Wire.ascii;
import static io.tensorcom.transport.zmtp.Wire.body;
import static io.tensorcom.transport.zmtp.Wire.command;
import static io.tensorcom.transport.zmtp.Wire.frame;
import static io.tensorcom.transport.zmtp.Wire.greeting;
import static io.tensorcom.transport.zmtp.Wire.hex;
import static io.tensorcom.transport.zmtp.Wire.join;
import static io.tensorcom.transport.zmtp.Wire.message;
import static io.tensorcom.transport.zmtp.Wire.property;
import static io.tensorcom.transport.zmtp.Wire.ready;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole conversations: what comes of them is the same however their bytes are cut. */
final class SessionTest {
  private static final byte[] NOTHING = {};
  private static final byte[] PULL_HELLO = join(greeting(1), ready("PULL"));
  private static final byte[] PUB_HELLO = join(greeting(1), ready("PUB"));

  /** Feeds a conversation whole, byte by byte, and cut in two everywhere; expects one outcome. */
  private static void converse(
      SocketRole role,
      UnaryOperator<SocketOptions> adjust,
      byte[] says,
      byte[] hears,
      String... expected) {
    String transcript = String.join("\n", expected) + "\nsent " + hex(hears);
    for (int cut = 0; cut <= says.length; cut++) {
      SessionFixture fixture = new SessionFixture(role, adjust);
      fixture.link.feed(Arrays.copyOf(says, cut));
      fixture.link.feed(Arrays.copyOfRange(says, cut, says.length));
      assertOutcome(fixture, transcript, "cut at " + cut);
    }
    SessionFixture bytewise = new SessionFixture(role, adjust);
    for (byte each : says) {
      bytewise.link.feed(new byte[] {each});
    }
    assertOutcome(bytewise, transcript, "byte by byte");
  }

  private static void assertOutcome(SessionFixture fixture, String transcript, String how) {
    fixture.scheduler.runDue();
    assertThat(fixture.transcript()).as(how).isEqualTo(transcript);
    fixture.link.lose();
    assertThat(fixture.pool.stats().leases()).as("leases, %s", how).isZero();
  }

  @Test
  void shouldShakeHandsWhenPeerSpeaksEitherMinorVersion() {
    for (int minor = 0; minor < 3; minor++) {
      byte[] says = join(greeting(minor), ready("PUSH"));
      converse(SocketRole.PULL, UnaryOperator.identity(), says, PULL_HELLO, "ready");
    }
  }

  @Test
  void shouldShakeHandsWhenPeerIsOfLaterMajorVersionOrHasMoreProperties() {
    byte[] properties = join(property("Identity", ""), property("SOCKET-TYPE", "XPUB"));
    byte[] says = join(greeting(4, 0, "NULL"), command("READY", properties));
    converse(
        SocketRole.SUB, UnaryOperator.identity(), says, join(greeting(1), ready("SUB")), "ready");
  }

  @Test
  void shouldDeliverMessagesWhenFramesHaveEverySizeThatMatters() {
    byte[] says =
        join(
            greeting(1),
            ready("PUSH"),
            message(NOTHING),
            message(body(1), NOTHING, body(255)),
            message(body(256), body(257)),
            message(body(300), body(1200)));
    converse(
        SocketRole.PULL,
        UnaryOperator.identity(),
        says,
        PULL_HELLO,
        "ready",
        "message [heap ]",
        "message [heap 01, heap , heap " + hex(body(255)) + "]",
        "message [heap " + hex(body(256)) + ", lease " + hex(body(257)) + "]",
        "message [lease " + hex(body(300)) + ", lease " + hex(body(1200)) + "]");
  }

  @Test
  void shouldDeliverTheSameWhenOwnerPausesAfterEachMessage() {
    byte[] says =
        join(
            greeting(1),
            ready("PUSH"),
            message(body(3), body(300)),
            command("PING", new byte[] {0, 0}),
            message(body(4)),
            message(body(5)));
    String[] expected = {
      "ready",
      "message [heap " + hex(body(3)) + ", lease " + hex(body(300)) + "]",
      "message [heap " + hex(body(4)) + "]",
      "message [heap " + hex(body(5)) + "]"
    };
    byte[] hears = join(PULL_HELLO, command("PONG", NOTHING));
    String transcript = String.join("\n", expected) + "\nsent " + hex(hears);
    for (int cut = 0; cut <= says.length; cut++) {
      SessionFixture fixture = new SessionFixture(SocketRole.PULL);
      fixture.pausesAfterMessage = true;
      fixture.link.feed(Arrays.copyOf(says, cut));
      fixture.link.feed(Arrays.copyOfRange(says, cut, says.length));
      assertOutcome(fixture, transcript, "cut at " + cut);
    }
  }

  @Test
  void shouldReadNothingMoreWhenPausedUntilToldToGoOn() {
    SessionFixture fixture = new SessionFixture(SocketRole.PULL);
    fixture.link.feed(join(greeting(1), ready("PUSH")));
    fixture.session.pauseReading(true);
    fixture.link.feed(message(body(2)));
    assertThat(fixture.events).containsExactly("ready");
    assertThat(fixture.session.readTarget()).isNull();

    fixture.session.pauseReading(false);

    assertThat(fixture.events).containsExactly("ready", "message [heap " + hex(body(2)) + "]");
  }

  @Test
  void shouldAnswerPingsBetweenFramesWhenTheyHaveAContext() {
    byte[] context = body(16);
    byte[] says =
        join(
            greeting(1),
            ready("PUSH"),
            frame(1, body(3)),
            command("PING", join(new byte[] {0, 0}, context)),
            command("PONG", context),
            command("LATER", body(300)),
            frame(0, body(4)),
            command("PING", new byte[] {0, 0}));
    byte[] hears = join(PULL_HELLO, command("PONG", context), command("PONG", NOTHING));
    converse(
        SocketRole.PULL,
        UnaryOperator.identity(),
        says,
        hears,
        "ready",
        "message [heap " + hex(body(3)) + ", heap " + hex(body(4)) + "]");
  }

  @Test
  void shouldReportSubscriptionsWhenTheyAreCommandsOrMessages() {
    byte[] says =
        join(
            greeting(1),
            ready("SUB"),
            command("SUBSCRIBE", ascii("ab")),
            command("SUBSCRIBE", NOTHING),
            command("CANCEL", ascii("ab")),
            message(join(new byte[] {1}, ascii("cd"))),
            message(join(new byte[] {0}, ascii("cd"))));
    converse(
        SocketRole.PUB,
        UnaryOperator.identity(),
        says,
        PUB_HELLO,
        "ready",
        "subscribe 6162",
        "subscribe ",
        "cancel 6162",
        "message [heap 016364]",
        "message [heap 006364]");
  }

  @Test
  void shouldSubscribeInTheFormThatPeerUnderstandsWhenTopicsAreConfigured() {
    List<byte[]> topics = List.of(NOTHING, body(245), body(246), body(254), body(255), body(256));
    byte[] commands = join(greeting(1), ready("SUB"));
    byte[] messages = commands;
    for (byte[] topic : topics) {
      commands = join(commands, command("SUBSCRIBE", topic));
      messages = join(messages, message(join(new byte[] {1}, topic)));
    }
    UnaryOperator<SocketOptions> adjust = options -> options.withTopics(topics);
    converse(SocketRole.SUB, adjust, join(greeting(1), ready("PUB")), commands, "ready");
    converse(SocketRole.SUB, adjust, join(greeting(0), ready("PUB")), messages, "ready");
  }

  static Stream<Arguments> strangers() {
    return Stream.of(
        Arguments.of(ascii("GET / HTTP/1.1\r\n\r\n"), Refusal.NOT_ZMTP),
        Arguments.of(new byte[] {1, 0, 0, 0}, Refusal.DOWNGRADE_REFUSED),
        Arguments.of(new byte[] {1, 5, 0, 0}, Refusal.NOT_ZMTP),
        Arguments.of(new byte[64], Refusal.NOT_ZMTP),
        Arguments.of(join(new byte[] {-1}, new byte[20]), Refusal.NOT_ZMTP),
        Arguments.of(greeting(2, 0, "NULL"), Refusal.DOWNGRADE_REFUSED),
        Arguments.of(greeting(3, 1, "PLAIN"), Refusal.MECHANISM),
        Arguments.of(greeting(3, 1, "NULL2"), Refusal.MECHANISM),
        Arguments.of(greeting(3, 1, "NUL"), Refusal.MECHANISM));
  }

  @ParameterizedTest
  @MethodSource("strangers")
  void shouldSendStrangersAwayWhenGreetingIsWrong(byte[] says, Refusal refusal) {
    converse(SocketRole.PULL, UnaryOperator.identity(), says, PULL_HELLO, "closed " + refusal);
  }

  static Stream<Arguments> badHandshakes() {
    byte[] type = property("Socket-Type", "PUSH");
    byte[][] many = new byte[65][];
    Arrays.setAll(many, i -> i == 64 ? type : property("X-" + i, ""));
    return Stream.of(
        Arguments.of(ready("PULL"), Refusal.INCOMPATIBLE),
        Arguments.of(ready("push"), Refusal.INCOMPATIBLE),
        Arguments.of(ready("SEVENTEEN-LETTERS"), Refusal.METADATA),
        Arguments.of(command("READY", NOTHING), Refusal.METADATA),
        Arguments.of(command("READY", join(type, type)), Refusal.METADATA),
        Arguments.of(command("READY", join(type, new byte[] {0})), Refusal.METADATA),
        Arguments.of(command("READY", join(type, new byte[] {1, 'x'})), Refusal.METADATA),
        Arguments.of(command("READY", Arrays.copyOf(type, type.length - 1)), Refusal.METADATA),
        Arguments.of(
            command("READY", join(type, new byte[] {1, 'x', -1, -1, -1, -1})), Refusal.METADATA),
        Arguments.of(command("READY", join(many)), Refusal.METADATA),
        Arguments.of(command("PING", new byte[] {0, 0}), Refusal.FRAME),
        Arguments.of(message(body(3)), Refusal.FRAME),
        Arguments.of(new byte[] {5}, Refusal.FRAME),
        Arguments.of(new byte[] {8}, Refusal.FRAME),
        Arguments.of(new byte[] {4, 0}, Refusal.COMMAND),
        Arguments.of(new byte[] {4, 2, 2, 'x'}, Refusal.COMMAND),
        Arguments.of(new byte[] {6, 0, 0, 0, 0, 0, 0, 0x20, 1}, Refusal.COMMAND),
        Arguments.of(new byte[] {6, -1, -1, -1, -1, -1, -1, -1, -1}, Refusal.COMMAND));
  }

  @ParameterizedTest
  @MethodSource("badHandshakes")
  void shouldTellPeerTheReasonWhenHandshakeIsWrong(byte[] says, Refusal refusal) {
    byte[] reason = ascii(refusal.label());
    byte[] error = command("ERROR", join(new byte[] {(byte) reason.length}, reason));
    converse(
        SocketRole.PULL,
        UnaryOperator.identity(),
        join(greeting(1), says),
        join(PULL_HELLO, error),
        "closed " + refusal);
  }

  @Test
  void shouldNotAnswerWhenPeerSendsError() {
    byte[] error = command("ERROR", join(new byte[] {3}, ascii("bad")));
    byte[] early = join(greeting(1), error);
    byte[] late = join(greeting(1), ready("PUSH"), error);
    converse(SocketRole.PULL, UnaryOperator.identity(), early, PULL_HELLO, "closed PEER_ERROR");
    converse(
        SocketRole.PULL, UnaryOperator.identity(), late, PULL_HELLO, "ready", "closed PEER_ERROR");
  }

  static Stream<Arguments> breaches() {
    byte[] tooLarge = Arrays.copyOf(message(body(SessionFixture.LARGEST + 1)), 9);
    byte[] largeTogether = join(frame(1, body(1000)), Arrays.copyOf(message(body(501)), 9));
    byte[] negative = {2, -128, 0, 0, 0, 0, 0, 0, 0};
    return Stream.of(
        Arguments.of(ready("PUSH"), Refusal.FRAME),
        Arguments.of(tooLarge, Refusal.SIZE),
        Arguments.of(largeTogether, Refusal.SIZE),
        Arguments.of(negative, Refusal.SIZE),
        Arguments.of(command("PING", new byte[] {0}), Refusal.COMMAND),
        Arguments.of(command("PING", body(19)), Refusal.COMMAND),
        Arguments.of(new byte[] {0x10}, Refusal.FRAME));
  }

  @ParameterizedTest
  @MethodSource("breaches")
  void shouldEndConnectionWhenPeerBreaksTheProtocolAfterHandshake(byte[] says, Refusal refusal) {
    converse(
        SocketRole.PULL,
        UnaryOperator.identity(),
        join(greeting(1), ready("PUSH"), message(body(2)), says),
        PULL_HELLO,
        "ready",
        "message [heap " + hex(body(2)) + "]",
        "closed " + refusal);
  }

  @Test
  void shouldTakeTheLargestMessageAndTheMostFramesWhenTheyAreJustAllowed() {
    byte[][] frames = new byte[256][];
    Arrays.fill(frames, NOTHING);
    byte[] hello = join(greeting(1), ready("PUSH"));
    SessionFixture most = new SessionFixture(SocketRole.PULL);
    most.link.feed(join(hello, message(frames), message(body(1000), body(500))));
    assertThat(most.events).hasSize(3).noneMatch(each -> each.startsWith("closed"));

    SessionFixture oneMore = new SessionFixture(SocketRole.PULL);
    oneMore.link.feed(join(hello, message(Arrays.copyOf(frames, 255)), frame(1, NOTHING)));
    for (int i = 1; i < 256; i++) {
      oneMore.link.feed(frame(1, NOTHING));
    }
    assertThat(oneMore.events).hasSize(2);
    oneMore.link.feed(message(NOTHING));
    assertThat(oneMore.events).last().isEqualTo("closed FRAME_COUNT");
  }

  @Test
  void shouldGiveEverythingBackWhenConnectionEndsAnywhere() {
    byte[] says =
        join(
            greeting(1),
            ready("PUSH"),
            message(body(300), body(700)),
            // Of a peer that has completed a message memory is leased before a body is there.
            message(body(301), body(701)));
    List<Integer> heldAt = new ArrayList<>();
    for (int end = 0; end < says.length; end++) {
      SessionFixture fixture = new SessionFixture(SocketRole.PULL);
      fixture.link.feed(Arrays.copyOf(says, end));
      if (fixture.pool.stats().leases() > 0) {
        heldAt.add(end);
      }
      fixture.link.lose();
      assertThat(fixture.events).last().isEqualTo("closed without fault");
      assertThat(fixture.pool.stats().leases()).as("ended at %d", end).isZero();
      assertThat(fixture.session.readTarget()).isNull();
      assertThat(fixture.session.nextWrite()).isFalse();
      assertThat(fixture.scheduler.pending()).as("timers").isZero();
    }
    assertThat(heldAt).as("some ends leave memory behind").isNotEmpty();
  }

  @Test
  void shouldKeepMemoryUntilTheLinkIsGoneWhenItIsClosed() {
    SessionFixture fixture = new SessionFixture(SocketRole.PULL);
    fixture.link.feed(join(greeting(1), ready("PUSH"), frame(1, body(300))));
    assertThat(fixture.pool.stats().leases()).isOne();

    fixture.session.close();
    assertThat(fixture.pool.stats().leases()).as("the kernel may still write there").isOne();
    fixture.scheduler.runDue();

    assertThat(fixture.pool.stats().leases()).isZero();
    fixture.session.closed();
    assertThat(fixture.events).containsExactly("ready", "closed without fault");
    assertThat(fixture.scratch.take()).as("given back once").isNotSameAs(fixture.scratch.take());
  }

  @Test
  void shouldReleaseWhatIsQueuedOnceWhenTheLinkIsLost() {
    SessionFixture fixture = new SessionFixture(SocketRole.PUSH);
    fixture.link.feed(join(greeting(1), ready("PULL")));
    fixture.link.setFull(true);
    int[] released = new int[3];
    for (int i = 0; i < released.length; i++) {
      int number = i;
      fixture.session.send(new SharedMessage(Wire.outbound(() -> released[number]++, body(3000))));
    }
    assertThat(fixture.session.writer().queued()).isEqualTo(3);
    assertThat(fixture.session.writer().begun()).isOne();

    fixture.link.lose();

    assertThat(released).containsOnly(1);
    assertThat(fixture.session.writer().queuedBytes()).isZero();
  }

  @Test
  void shouldWriteTheShorterHeaderWhenAFrameHasAtMost255Bytes() {
    SessionFixture fixture = new SessionFixture(SocketRole.PUSH);
    fixture.link.feed(join(greeting(1), ready("PULL")));
    byte[] expected = join(greeting(1), ready("PUSH"));
    for (int size : new int[] {0, 1, 254, 255, 256, 257}) {
      byte[][] frames = {body(size), body(size)};
      fixture.session.send(new SharedMessage(Wire.outbound(() -> {}, frames)));
      expected = join(expected, message(frames));
    }

    assertThat(fixture.link.written()).isEqualTo(expected);
  }

  @Test
  void shouldSendTheEndAfterTheLastMessageWhenFinishing() {
    SessionFixture fixture = new SessionFixture(SocketRole.PUSH);
    fixture.link.feed(join(greeting(1), ready("PULL")));
    fixture.link.setFull(true);
    fixture.session.send(new SharedMessage(Wire.outbound(() -> {}, body(5000))));
    fixture.session.finish();
    fixture.session.finish();
    assertThat(fixture.link.finishedAfter()).isEqualTo(-1);

    fixture.link.setFull(false);

    byte[] hears = join(greeting(1), ready("PUSH"), message(body(5000)));
    assertThat(fixture.link.written()).isEqualTo(hears);
    assertThat(fixture.link.finishedAfter()).isEqualTo(hears.length);
    assertThat(fixture.link.isClosed()).isFalse();
  }

  @Test
  void shouldCloseAtOnceWhenFinishingBeforeTheHandshake() {
    SessionFixture fixture = new SessionFixture(SocketRole.PUSH);
    fixture.link.feed(greeting(1));

    fixture.session.finish();

    assertThat(fixture.link.isClosed()).isTrue();
    assertThat(fixture.link.finishedAfter()).isEqualTo(-1);
  }

  @Test
  void shouldSayNothingAfterItsEndWhenPinged() {
    SessionFixture fixture = new SessionFixture(SocketRole.PUB);
    fixture.link.feed(join(greeting(1), ready("SUB")));
    fixture.session.finish();
    int end = fixture.link.finishedAfter();

    fixture.link.feed(command("PING", new byte[] {0, 0}));

    assertThat(end).isPositive();
    assertThat(fixture.link.written()).hasSize(end);
    assertThat(fixture.session.isClosed()).isFalse();
  }
}
