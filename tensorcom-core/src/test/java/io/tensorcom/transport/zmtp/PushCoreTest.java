// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static io.tensorcom.transport.zmtp.Wire.greeting;
import static io.tensorcom.transport.zmtp.Wire.join;
import static io.tensorcom.transport.zmtp.Wire.message;
import static io.tensorcom.transport.zmtp.Wire.ready;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.EndNotice;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.GonePeer;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A pusher over links that write within the call, as those of Netty do. */
final class PushCoreTest {
  private static final byte[] HELLO = join(greeting(1), ready("PUSH"));
  private static final int LARGE = 1 << 20;

  private final ManualScheduler scheduler = new ManualScheduler();
  private final Outbox outbox = new Outbox(100, false, () -> {});
  private final PushCore core =
      new PushCore(SocketOptions.of(TensorPool.ofBudget(1 << 20)), scheduler, outbox);
  private final List<String> done = new ArrayList<>();
  private int released;

  private FakeLink puller() {
    return puller("test://puller", ready("PULL"));
  }

  private FakeLink puller(String name, byte[] ready) {
    FakeLink link = new FakeLink(scheduler, name);
    link.open(each -> core.open(each, null));
    link.feed(join(greeting(1), ready));
    return link;
  }

  /** One that wants to be told ends. */
  private FakeLink listener() {
    return puller("test://listener", Command.ready(SocketRole.PULL));
  }

  private byte[] tell(long epoch, boolean lastOfStream) throws InterruptedException {
    ByteBuffer notice = new EndNotice(1, 2, epoch, 3, lastOfStream).encode();
    assertThat(outbox.put(PushCore.end(notice), 0)).isEqualTo(SendResult.SENT);
    core.pump();
    return frame(notice);
  }

  private static byte[] frame(ByteBuffer notice) {
    ByteBuffer body = Command.end(notice);
    byte[] frame = new byte[2 + body.remaining()];
    frame[0] = FrameReader.COMMAND;
    frame[1] = (byte) body.remaining();
    body.get(frame, 2, body.remaining());
    return frame;
  }

  private static byte[] large(int number) {
    return ByteBuffer.allocate(LARGE).putInt(0, number).array();
  }

  private void push(int from, int to) throws InterruptedException {
    for (int i = from; i < to; i++) {
      assertThat(outbox.put(Wire.outbound(() -> released++, large(i)), 0))
          .isEqualTo(SendResult.SENT);
    }
    core.pump();
  }

  private static byte[] heard(int... numbers) {
    byte[] all = HELLO;
    for (int each : numbers) {
      all = join(all, message(large(each)));
    }
    return all;
  }

  /** Compares without showing mebibytes. */
  private static void assertHeard(FakeLink link, int... numbers) {
    assertThat(Wire.hex(link.written())).isEqualTo(Wire.hex(heard(numbers)));
  }

  @Test
  void shouldTakeTurnsWhenMessagesComeOneByOne() throws InterruptedException {
    assertThat(outbox.put(Wire.outbound(() -> {}, large(0)), 0)).isEqualTo(SendResult.TIMED_OUT);
    for (int peers = 1; peers <= 5; peers++) {
      puller();
      long[] before = counts();
      for (int i = 0; i < 4 * peers; i++) {
        push(i, i + 1);
      }
      long[] after = counts();
      assertThat(after).hasSize(peers);
      long shared = Arrays.stream(after).sum() - Arrays.stream(before).sum();
      assertThat(shared).isEqualTo(4L * peers);
      for (int i = 0; i < peers - 1; i++) {
        assertThat(after[i] - before[i]).as("share of peer %d of %d", i, peers).isEqualTo(4);
      }
    }
  }

  private long[] counts() {
    return core.ready().stream()
        .mapToLong(each -> each.counters().stats(true).messages())
        .toArray();
  }

  @Test
  void shouldPassOverAPeerWhenItHasNoRoom() throws InterruptedException {
    FakeLink slow = puller();
    FakeLink quick = puller();
    slow.setFull(true);
    for (int i = 0; i < 9; i++) {
      push(i, i + 1);
    }

    // The slow one has the message that is being written and the next.
    assertHeard(quick, 0, 2, 4, 5, 6, 7, 8);
    assertThat(core.peerStats()).extracting(each -> each.queued()).containsExactlyInAnyOrder(0, 2);
    slow.setFull(false);
    assertHeard(slow, 1, 3);
  }

  @Test
  void shouldKeepWhatNoPeerHasRoomForUntilOneHas() throws InterruptedException {
    FakeLink only = puller();
    only.setFull(true);
    push(0, 4);
    assertThat(outbox.isEmpty()).isFalse();
    assertThat(core.hasWrittenAll()).isFalse();
    only.setFull(false);

    assertHeard(only, 0, 1, 2, 3);
    assertThat(core.hasWrittenAll()).isTrue();
  }

  @Test
  void shouldSendWhatWasNotBegunToAnotherPeerWhenOneIsLost() throws InterruptedException {
    FakeLink lost = puller();
    lost.setFull(true);
    push(0, 4);
    lost.lose();
    assertThat(core.lost()).as("one was begun").isOne();
    assertThat(released).isOne();
    assertThat(outbox.put(Wire.outbound(() -> {}, large(9)), 0))
        .as("nobody is there")
        .isEqualTo(SendResult.TIMED_OUT);
    FakeLink next = puller();

    assertHeard(next, 1, 2, 3);
    assertThat(released).isEqualTo(4);
    assertThat(core.flushed()).isEqualTo(3);
  }

  @Test
  void shouldTellThatItIsDoneWhenAllIsWrittenAndEveryPeerIsGone() throws InterruptedException {
    FakeLink slow = puller();
    FakeLink idle = puller();
    slow.setFull(true);
    for (int i = 0; i < 3; i++) {
      push(i, i + 1);
    }
    core.finish(() -> done.add("done"));
    assertThat(slow.finishedAfter()).isEqualTo(-1);
    assertThat(idle.finishedAfter()).isEqualTo(heard(0, 2).length);
    slow.setFull(false);
    assertThat(slow.finishedAfter()).isEqualTo(heard(1).length);
    idle.lose();
    assertThat(done).isEmpty();
    slow.lose();

    assertThat(done).containsExactly("done");
  }

  @Test
  void shouldReleaseEverythingOnceWhenItIsClosed() throws InterruptedException {
    FakeLink one = puller();
    FakeLink two = puller();
    one.setFull(true);
    two.setFull(true);
    push(0, 7);
    core.closeAll();
    scheduler.runDue();

    assertThat(one.isClosed() && two.isClosed()).isTrue();
    assertThat(released).isEqualTo(7);
    assertThat(core.lost()).isEqualTo(2);
    assertThat(core.peers()).isZero();
  }

  @Test
  void shouldCountEachMessageOnceWhenItIsClosedBeforeAllIsWritten() throws InterruptedException {
    FakeLink one = puller("test://one", Command.ready(SocketRole.PULL));
    FakeLink two = puller("test://two", Command.ready(SocketRole.PULL));
    one.setFull(true);
    two.setFull(true);
    push(0, 4);
    tell(0, false);
    push(4, 8);
    core.closeAll();
    scheduler.runDue();

    assertThat(core.left()).isEqualTo(8);
    assertThat(core.leftByPeer()).isEqualTo(Map.of("test://one", 2L, "test://two", 2L));
  }

  @ParameterizedTest
  @CsvSource({"203, 1", "202, 1", "201, 2", "404, 0", "403, 1", "8, 2", "0, 2"})
  void shouldCountWhatCameWholeAsWrittenWhenWhatFollowsItInTheSameWriteDidNot(int written, int left)
      throws InterruptedException {
    FakeLink link = new FakeLink(scheduler, "test://puller");
    link.setFull(true);
    Session session = link.open(each -> core.open(each, null));
    link.feed(join(greeting(1), ready("PULL")));
    for (int i = 0; i < 2; i++) {
      assertThat(outbox.put(Wire.outbound(() -> released++, new byte[200]), 0))
          .isEqualTo(SendResult.SENT);
    }
    push(2, 3);
    link.writeOne();
    int staged = link.writeStaged(written);
    assertThat(staged).as("two short messages and a header").isEqualTo(2 * 202 + 9 - written);

    boolean closes = written % 2 == 0;
    if (closes) {
      core.closeAll();
    } else {
      link.lose();
    }
    scheduler.runDue();

    assertThat(core.flushed()).isEqualTo(2 - left);
    assertThat(closes ? core.left() : core.lost()).as("and the large one").isEqualTo(left + 1);
    assertThat(session.writer().queuedBytes()).isZero();
    assertThat(released).as("once each").isEqualTo(3);
  }

  @Test
  void shouldSayOfEachPeerHowManyBatchesItDidNotGetWhenItIsClosed() throws InterruptedException {
    FakeLink one = puller("test://one", Command.ready(SocketRole.PULL));
    FakeLink two = puller("test://two", Command.ready(SocketRole.PULL));
    FakeLink twoAgain = puller("test://two", Command.ready(SocketRole.PULL));
    List.of(one, two, twoAgain).forEach(each -> each.setFull(true));
    push(0, 5);
    tell(0, false);
    core.closeAll();
    scheduler.runDue();

    assertThat(core.left()).isEqualTo(5);
    assertThat(core.leftByPeer()).isEqualTo(Map.of("test://one", 1L, "test://two", 4L));
  }

  @Test
  void shouldTellTheEndOfTheStreamBehindTheLastBatchOfAnyPeer() throws InterruptedException {
    FakeLink dying = listener();
    FakeLink living = listener();
    dying.setFull(true);
    push(0, 4);
    byte[] end = tell(0, true);
    assertHeard(living, 0, 2);

    dying.lose();

    assertThat(Wire.hex(living.written())).isEqualTo(Wire.hex(join(heard(0, 2, 3), end)));
    assertThat(core.lost()).isOne();
  }

  @Test
  void shouldTellWhoComesLaterTheEndOfTheStreamOnly() throws InterruptedException {
    FakeLink early = listener();
    byte[] epoch = tell(0, false);
    FakeLink late = listener();
    assertThat(Wire.hex(early.written())).isEqualTo(Wire.hex(join(HELLO, epoch)));
    assertHeard(late);

    byte[] end = tell(1, true);
    FakeLink latest = listener();

    assertThat(Wire.hex(late.written())).isEqualTo(Wire.hex(join(HELLO, end)));
    assertThat(Wire.hex(latest.written())).isEqualTo(Wire.hex(join(HELLO, end)));
    core.closeAll();
  }

  @Test
  void shouldTellNoEndToAPullerThatDidNotAskForIt() throws InterruptedException {
    byte[] ready = Wire.command("READY", Wire.property("Socket-Type", "PULL"));
    FakeLink silent = puller("test://silent", ready);
    FakeLink asking = listener();

    byte[] epoch = tell(0, false);
    byte[] end = tell(1, true);

    assertHeard(silent);
    assertThat(Wire.hex(asking.written())).isEqualTo(Wire.hex(join(HELLO, epoch, end)));
    core.closeAll();
  }

  @Test
  void shouldTellAnEndOnceWhenOneThatWasToHearItIsLost() throws InterruptedException {
    FakeLink dying = listener();
    FakeLink living = listener();
    dying.setFull(true);
    push(0, 2);
    byte[] epoch = tell(0, false);

    dying.lose();

    assertThat(Wire.hex(living.written())).isEqualTo(Wire.hex(join(heard(0), epoch)));
    assertThat(core.flushed()).as("batches").isOne();
  }

  @Test
  void shouldTellAnEndToEachBeforeItGetsABatchOfTheNextEpoch() throws InterruptedException {
    FakeLink one = listener();
    FakeLink two = listener();
    ByteBuffer notice = new EndNotice(1, 2, 0, 3, false).encode();
    assertThat(outbox.put(PushCore.end(notice), 0)).isEqualTo(SendResult.SENT);
    push(0, 1);

    byte[] told = join(HELLO, frame(notice));
    assertThat(Wire.hex(one.written())).isEqualTo(Wire.hex(told));
    assertThat(Wire.hex(two.written())).isEqualTo(Wire.hex(join(told, message(large(0)))));
  }

  @Test
  void shouldNotCountTheEndAsLostWhenAPullerGoesInItsMiddle() throws InterruptedException {
    FakeLink link = listener();
    link.setFull(true);
    tell(0, true);

    link.lose();

    assertThat(core.lost()).isZero();
  }

  @Test
  void shouldKeepTheOthersWhileOneHasSomethingThatIsNotBegunWhenItIsClosing()
      throws InterruptedException {
    FakeLink dying = puller();
    FakeLink living = puller();
    dying.setFull(true);
    living.setFull(true);
    push(0, 4);
    living.setFull(false);
    core.finish(() -> done.add("done"));
    assertThat(living.finishedAfter()).as("it may still have to take something").isEqualTo(-1);

    dying.lose();

    assertHeard(living, 0, 2, 3);
    assertThat(living.finishedAfter()).isEqualTo(heard(0, 2, 3).length);
    assertThat(core.lost()).as("what was begun").isOne();
    assertThat(core.gonePeers()).extracting(GonePeer::lost).containsExactly(1L);
    assertThat(core.gonePeers().get(0).counters().queued()).as("begun").isOne();
  }

  @Test
  void shouldTellTheEndAtTheDeadlineToWhoHasTakenAllWhenAnotherTakesNothing()
      throws InterruptedException {
    FakeLink stuck = listener();
    FakeLink living = listener();
    stuck.setFull(true);
    push(0, 2);
    byte[] end = tell(0, true);
    core.finish(() -> done.add("done"));
    assertHeard(living, 0);

    core.closeAll();
    scheduler.runDue();

    assertThat(Wire.hex(living.written())).isEqualTo(Wire.hex(join(heard(0), end)));
    assertThat(core.left()).isOne();
    assertThat(released).isEqualTo(2);
  }

  @Test
  void shouldSayWhatEachPeerLostWhenItIsClosedBeforeAllIsWritten() throws InterruptedException {
    FakeLink one = puller();
    one.setFull(true);
    push(0, 2);
    core.closeAll();
    scheduler.runDue();

    assertThat(core.gonePeers()).extracting(GonePeer::lost).containsExactly(2L);
    assertThat(core.leftByPeer()).isEqualTo(Map.of("test://puller", 2L));
  }
}
