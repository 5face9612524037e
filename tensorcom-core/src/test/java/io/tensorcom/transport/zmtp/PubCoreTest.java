// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static io.tensorcom.transport.zmtp.Wire.ascii;
import static io.tensorcom.transport.zmtp.Wire.body;
import static io.tensorcom.transport.zmtp.Wire.command;
import static io.tensorcom.transport.zmtp.Wire.greeting;
import static io.tensorcom.transport.zmtp.Wire.join;
import static io.tensorcom.transport.zmtp.Wire.message;
import static io.tensorcom.transport.zmtp.Wire.ready;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.GonePeer;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SlowPeerPolicy;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.Tuning;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A publisher over links that write within the call, as those of Netty do. */
final class PubCoreTest {
  private static final byte[] HELLO = join(greeting(1), ready("PUB"));

  private final ManualScheduler scheduler = new ManualScheduler();
  private final Outbox outbox = new Outbox(8, true, () -> {});
  private final SocketOptions options = SocketOptions.of(TensorPool.ofBudget(1 << 20));
  private PubCore core = new PubCore(options, scheduler, outbox);
  private final List<String> done = new ArrayList<>();
  private int released;

  private FakeLink subscriber(int minor, byte[]... subscriptions) {
    FakeLink link = new FakeLink(scheduler, "test://subscriber");
    link.open(each -> core.open(each, null));
    link.feed(join(greeting(minor), ready("SUB"), join(subscriptions)));
    return link;
  }

  private void publish(byte[]... bodies) throws InterruptedException {
    for (byte[] each : bodies) {
      assertThat(outbox.put(Wire.outbound(() -> released++, each), 0)).isEqualTo(SendResult.SENT);
    }
    core.pump();
  }

  private static byte[] form(int kind, String topic) {
    return message(join(new byte[] {(byte) kind}, ascii(topic)));
  }

  @Test
  void shouldSendOnlyWhatWasAskedForWhenSubscriptionsComeInEitherForm() throws Exception {
    FakeLink commands = subscriber(1, command("SUBSCRIBE", ascii("a")));
    FakeLink messages = subscriber(0, form(1, "b"), form(1, "b"), form(2, "a"), message(body(0)));
    FakeLink nobody = subscriber(1);
    assertThat(core.peers()).as("those without a subscription are not waited for").isEqualTo(2);
    publish(ascii("a1"), ascii("b1"), ascii("c1"));
    messages.feed(form(0, "b"));
    publish(ascii("b2"));
    messages.feed(form(0, "b"));
    commands.feed(command("CANCEL", ascii("a")));
    publish(ascii("a3"), ascii("b3"));

    assertThat(commands.written()).isEqualTo(join(HELLO, message(ascii("a1"))));
    assertThat(messages.written())
        .isEqualTo(join(HELLO, message(ascii("b1")), message(ascii("b2"))));
    assertThat(nobody.written()).isEqualTo(HELLO);
    assertThat(core.unheard()).isEqualTo(3);
    assertThat(core.flushed()).isEqualTo(3);
    assertThat(core.peers()).isZero();
    assertThat(released).isEqualTo(6);
  }

  @Test
  void shouldSendTheLastMessageToAllBeforeTheEndWhenItIsFinishing() throws Exception {
    List<FakeLink> links = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      links.add(subscriber(1, command("SUBSCRIBE", new byte[0])));
    }
    outbox.put(Wire.outbound(() -> released++, body(5000)), 0);
    links.get(0).setFull(true);
    core.finish(() -> done.add("done"));
    assertThat(links).as("a message waits").allMatch(link -> link.finishedAfter() == -1);
    core.pump();
    links.get(0).setFull(false);

    byte[] all = join(HELLO, message(body(5000)));
    for (FakeLink link : links) {
      assertThat(link.written()).isEqualTo(all);
      assertThat(link.finishedAfter()).as("bytes before the end").isEqualTo(all.length);
      assertThat(done).as("before the last is gone").isEmpty();
      link.lose();
    }
    assertThat(done).containsExactly("done");
    assertThat(released).isOne();
  }

  @Test
  void shouldReleaseOnceWhenSomeSubscribersHaveItAndOthersAreLost() throws Exception {
    FakeLink quick = subscriber(1, command("SUBSCRIBE", new byte[0]));
    FakeLink slow = subscriber(1, command("SUBSCRIBE", new byte[0]));
    slow.setFull(true);
    publish(body(3000), body(3001));
    assertThat(core.flushed()).isEqualTo(2);
    assertThat(released).isZero();
    slow.lose();

    assertThat(released).isEqualTo(2);
    assertThat(core.lost()).as("one was begun, one waited").isEqualTo(2);
    assertThat(core.peerStats()).hasSize(1);
    assertThat(core.gonePeers())
        .singleElement()
        .satisfies(
            peer -> {
              assertThat(peer.lost()).isEqualTo(2);
              assertThat(peer.counters().messages()).isZero();
              assertThat(peer.reason()).isEqualTo(GonePeer.ENDED);
            });
    quick.lose();
    assertThat(released).isEqualTo(2);
  }

  /** Publishes until the slow one has no room: a queue is full at four messages and a mebibyte. */
  private FakeLink fill() throws InterruptedException {
    FakeLink slow = subscriber(1, command("SUBSCRIBE", new byte[0]));
    slow.setFull(true);
    publish(body(300_000), body(300_000), body(300_000), body(300_000));
    publish(body(10), body(11));
    assertThat(outbox.isEmpty()).as("one is held back, and nothing more is taken").isFalse();
    assertThat(core.dropped()).isZero();
    return slow;
  }

  @Test
  void shouldGoOnWithoutASlowSubscriberWhenPatienceIsOver() throws Exception {
    FakeLink slow = fill();
    FakeLink quick = subscriber(1, command("SUBSCRIBE", new byte[0]));
    scheduler.advance(Duration.ofMillis(100).minusNanos(1));
    assertThat(quick.written()).isEqualTo(HELLO);
    scheduler.advanceNanos(1);

    assertThat(core.dropped()).isOne();
    assertThat(quick.written()).isEqualTo(join(HELLO, message(body(11))));
    assertThat(outbox.isEmpty()).isTrue();
    slow.setFull(false);
    assertThat(released).isEqualTo(6);
  }

  @Test
  void shouldGoOnAtOnceWhenTheSubscriberThatIsWaitedForIsLost() throws Exception {
    FakeLink slow = fill();
    slow.lose();

    assertThat(outbox.isEmpty()).isTrue();
    assertThat(released).isEqualTo(6);
    assertThat(core.dropped()).as("it is gone, not slow").isZero();
    assertThat(core.lost()).as("what it was given, and what it was waited for with").isEqualTo(5);
    assertThat(core.gonePeers()).extracting(GonePeer::lost).containsExactly(5L);
    assertThat(core.unheard()).isOne();
  }

  @Test
  void shouldGoOnAtOnceWhenTheSubscriberThatIsWaitedForIsLeft() throws Exception {
    FakeLink slow = fill();
    core.leave(core.ready().get(0), TimeUnit.SECONDS.toNanos(1));

    assertThat(outbox.isEmpty()).isTrue();
    assertThat(core.dropped()).as("it is left, not slow").isZero();
    assertThat(core.lost()).as("what it was waited for with").isOne();
    slow.setFull(false);
    byte[] four = message(body(300_000));
    assertThat(Wire.hex(slow.written())).isEqualTo(Wire.hex(join(HELLO, four, four, four, four)));
    assertThat(slow.finishedAfter()).isEqualTo(slow.written().length);
    assertThat(released).isEqualTo(6);
  }

  @Test
  void shouldNameTheReasonAndForgetTheOldestWhenPeersComeAndGo() throws Exception {
    FakeLink rude = subscriber(1, command("SUBSCRIBE", ascii("a")));
    publish(ascii("a1"));
    rude.feed(new byte[] {(byte) 0xFF});
    assertThat(core.gonePeers()).hasSize(1);
    GonePeer gone = core.gonePeers().get(0);
    assertThat(core.closedByReason()).containsOnlyKeys(gone.reason());
    assertThat(gone.counters().messages()).isOne();
    assertThat(gone.lost()).isZero();

    for (int i = 0; i < GonePeers.KEPT; i++) {
      subscriber(1).lose();
    }
    assertThat(core.gonePeers()).hasSize(GonePeers.KEPT).doesNotContain(gone);
  }

  @Test
  void shouldSayWhatASubscriberDidNotGetWhenItIsLostWhileTheSocketIsClosed() throws Exception {
    FakeLink slow = fill();
    core.finish(() -> done.add("done"));
    slow.lose();

    assertThat(done).containsExactly("done");
    assertThat(core.left()).isEqualTo(6);
    assertThat(core.leftByPeer()).isEqualTo(Map.of("test://subscriber", 6L));
    assertThat(core.lost()).as("one was begun").isOne();
    assertThat(released).isEqualTo(6);
  }

  @Test
  void shouldLoseNothingWhenTheSubscriberThatIsWaitedForGoesOn() throws Exception {
    FakeLink slow = fill();
    slow.setFull(false);

    byte[] four = message(body(300_000));
    assertThat(Wire.hex(slow.written()))
        .isEqualTo(
            Wire.hex(join(HELLO, four, four, four, four, message(body(10)), message(body(11)))));
    scheduler.advance(Duration.ofSeconds(1));
    assertThat(core.dropped()).isZero();
    assertThat(core.flushed()).isEqualTo(6);
  }

  @Test
  void shouldCountWhatASubscriberDidNotGetWhenItIsClosedWhileItIsWaitedFor() throws Exception {
    fill();
    core.closeAll();
    scheduler.runDue();

    assertThat(core.left()).as("one of them in no queue yet").isEqualTo(6);
    assertThat(core.lost()).as("one was begun").isOne();
    assertThat(core.leftByPeer()).isEqualTo(Map.of("test://subscriber", 5L));
    assertThat(released).isEqualTo(6);
  }

  @Test
  void shouldLoseNothingOfASlowSubscriberThatTakesItBeforeTheSocketIsClosed() throws Exception {
    FakeLink slow = subscriber(1, command("SUBSCRIBE", ascii("a")));
    FakeLink other = subscriber(1, command("SUBSCRIBE", ascii("a")));
    slow.setFull(true);
    byte[] large = new byte[1 << 20];
    large[0] = 'a';
    publish(large, large, large, large, large, large);
    assertThat(outbox.isEmpty()).as("one is waited for").isFalse();
    boolean[] over = new boolean[1];

    core.finish(() -> over[0] = true);
    scheduler.advance(Duration.ofMinutes(1));

    assertThat(outbox.isEmpty()).isTrue();
    assertThat(other.written()).hasSizeGreaterThan(6 << 20);
    assertThat(other.finishedAfter()).isEqualTo(other.written().length);
    slow.setFull(false);
    assertThat(slow.written()).isEqualTo(other.written());
    slow.lose();
    other.lose();
    assertThat(over[0]).isTrue();
    assertThat(core.dropped()).isZero();
    assertThat(released).isEqualTo(6);
  }

  @ParameterizedTest
  @EnumSource(
      value = SlowPeerPolicy.class,
      names = {"DROP_OLD", "LATEST"})
  void shouldNotDropAFlaggedMessageWhenLaterOnesReplaceOthers(SlowPeerPolicy policy)
      throws Exception {
    core = new PubCore(options.withTuning(Tuning.DEFAULT.withSlowPeers(policy)), scheduler, outbox);
    FakeLink slow = subscriber(1, command("SUBSCRIBE", new byte[0]));
    slow.setFull(true);
    publish(body(300_000), body(300_001));
    Message flagged = Wire.outbound(() -> released++, body(300_002));
    outbox.put(flagged.withPatience(TimeUnit.SECONDS.toNanos(1)), 0);
    publish(body(300_003), body(300_004), body(300_005), body(300_006), body(300_007));
    slow.setFull(false);

    // The first was begun at once.
    byte[] kept = join(HELLO, message(body(300_000)), message(body(300_002)));
    byte[] more = policy == SlowPeerPolicy.LATEST ? new byte[0] : message(body(300_006));
    assertThat(Wire.hex(slow.written()))
        .isEqualTo(Wire.hex(join(kept, more, message(body(300_007)))));
    assertThat(core.dropped()).isEqualTo(policy == SlowPeerPolicy.LATEST ? 5 : 4);
    assertThat(released).isEqualTo(8);
  }

  @Test
  void shouldSendTheNewestOfWhatIsLeftWhenItIsFinishingAndSubscribersWantTheLatest()
      throws Exception {
    Tuning latest = Tuning.DEFAULT.withSlowPeers(SlowPeerPolicy.LATEST);
    core = new PubCore(options.withTuning(latest), scheduler, outbox);
    FakeLink slow = subscriber(1, command("SUBSCRIBE", new byte[0]));
    slow.setFull(true);
    // The first is begun at once, and has to be written whole.
    publish(body(3000), body(10));
    for (int i = 11; i <= 13; i++) {
      outbox.put(Wire.outbound(() -> released++, body(i)), 0);
    }

    core.finish(() -> done.add("done"));
    core.pump();
    slow.setFull(false);
    slow.lose();

    assertThat(slow.written()).isEqualTo(join(HELLO, message(body(3000)), message(body(13))));
    assertThat(slow.finishedAfter()).isEqualTo(slow.written().length);
    assertThat(core.dropped()).isEqualTo(3);
    assertThat(released).isEqualTo(5);
    assertThat(done).containsExactly("done");
  }
}
