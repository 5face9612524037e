// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static io.tensorcom.transport.zmtp.QueueFixture.FOR_EVER;
import static io.tensorcom.transport.zmtp.QueueFixture.MEBIBYTE;
import static io.tensorcom.transport.zmtp.QueueFixture.awaitWaiting;
import static io.tensorcom.transport.zmtp.QueueFixture.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.transport.Message;
import io.tensorcom.transport.SocketRole;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class InboxTest {
  private final QueueFixture messages = new QueueFixture();
  private final List<Inbox.Line> gotRoom = new ArrayList<>();
  private final Inbox inbox = new Inbox(4, gotRoom::add);
  private final Inbox.Line one = line();
  private final Inbox.Line two = line();

  private static Inbox.Line line() {
    return new Inbox.Line(new SessionFixture(SocketRole.PULL).session);
  }

  private int next() throws InterruptedException {
    Message message = inbox.poll(0);
    return message == null ? -1 : number(message);
  }

  private static int queued(Inbox.Line line) {
    return line.session().counters().stats(false).queued();
  }

  @Test
  void shouldTakeFromPeersInTurnWhenSeveralHaveMessages() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      inbox.add(one, messages.message(10 + i, 100));
    }
    inbox.add(two, messages.message(20, 100));
    inbox.add(two, messages.message(21, 100));
    assertThat(queued(one)).isEqualTo(3);
    assertThat(queued(two)).isEqualTo(2);

    assertThat(List.of(next(), next(), next(), next(), next(), next()))
        .containsExactly(10, 20, 11, 21, 12, -1);
    assertThat(queued(one)).isZero();
    assertThat(queued(two)).isZero();
  }

  @Test
  void shouldReleaseWhatComesBehindAnotherLineWhenItIsClosed() {
    inbox.add(one, messages.message(10, 100));
    inbox.follow(two, one);
    inbox.add(two, messages.message(20, 100));
    assertThat(inbox.isHolding(two)).isTrue();
    inbox.close();

    assertThat(messages.released).hasValue(2);
  }

  @Test
  void shouldKeepNoEmptyLineWhenItsConnectionEndsBehindAnother() throws InterruptedException {
    Inbox.Line three = line();
    inbox.add(one, messages.message(10, 100));
    assertThat(inbox.end(one)).isSameAs(one);
    inbox.follow(two, one);
    assertThat(inbox.end(two)).as("nothing came by it").isSameAs(one);
    assertThat(inbox.isHolding(two)).isFalse();
    inbox.follow(three, one);
    inbox.add(three, messages.message(30, 100));

    assertThat(List.of(next(), next(), next())).containsExactly(10, 30, -1);
    assertThat(inbox.end(three)).isNull();
  }

  @Test
  void shouldTellWhenALineIsFullByMessagesAndByBytes() {
    for (int i = 0; i < 3; i++) {
      assertThat(inbox.add(one, messages.large(i))).as("few, though large").isTrue();
    }
    assertThat(inbox.add(one, messages.message(3, 4))).as("the fourth").isFalse();
    for (int i = 0; i < 3; i++) {
      assertThat(inbox.add(two, messages.message(i, 300))).as("a line for each peer").isTrue();
    }
    assertThat(inbox.add(two, messages.message(3, MEBIBYTE - 901))).as("a byte less").isTrue();
    assertThat(inbox.add(two, messages.message(4, 4))).isFalse();
  }

  @Test
  void shouldTellThatALineIsFullWhenItsMessagesAreEmpty() {
    int most = Limits.SMALL_QUEUE_BYTES / Limits.HEAP_BYTES;
    for (int i = 1; i < most; i++) {
      assertThat(inbox.add(one, empty())).isTrue();
    }

    assertThat(inbox.add(one, empty())).isFalse();
  }

  private static Message empty() {
    return Message.inbound(List.of(ByteBuffer.allocate(0)), Collections.singletonList(null), "");
  }

  @Test
  void shouldTellOfRoomOnceWhenHalfOfALineIsTaken() throws InterruptedException {
    for (int i = 0; i < 6; i++) {
      inbox.add(one, messages.large(i));
    }
    for (int left = 5; left >= 2; left--) {
      next();
      assertThat(gotRoom).as("%d left", left).isEmpty();
    }
    next();
    assertThat(gotRoom).containsExactly(one);
    next();
    assertThat(next()).isEqualTo(-1);
    assertThat(gotRoom).as("told once").hasSize(1);
  }

  @Test
  void shouldTellOfRoomWhenTheLimitIsOneMessage() throws InterruptedException {
    Inbox narrow = new Inbox(1, gotRoom::add);
    assertThat(narrow.add(one, messages.large(1))).isFalse();
    assertThat(narrow.poll(0)).isNotNull();

    assertThat(gotRoom).containsExactly(one);
  }

  @Test
  void shouldTellOfRoomWhenHalfOfTheBytesAreTaken() throws InterruptedException {
    boolean hasRoom = true;
    for (int i = 0; i < 1024; i++) {
      assertThat(hasRoom).isTrue();
      hasRoom = inbox.add(one, messages.message(i, 1024));
    }
    assertThat(hasRoom).isFalse();
    for (int i = 0; i < 512; i++) {
      next();
    }
    assertThat(gotRoom).isEmpty();
    next();

    assertThat(gotRoom).containsExactly(one);
  }

  @Test
  void shouldWakeAReceiverWhenAMessageComes() throws Exception {
    FutureTask<@Nullable Message> receiver = new FutureTask<>(() -> inbox.poll(FOR_EVER));
    Thread thread = new Thread(receiver);
    thread.start();
    awaitWaiting(thread);
    Message message = messages.large(1);
    inbox.add(one, message);

    assertThat(receiver.get()).isSameAs(message);
  }

  @Test
  void shouldWakeReceiversForSmallMessagesOnlyWhenTheyAreAnnounced() throws Exception {
    List<FutureTask<@Nullable Message>> receivers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      FutureTask<@Nullable Message> receiver = new FutureTask<>(() -> inbox.poll(FOR_EVER));
      Thread thread = new Thread(receiver);
      thread.start();
      awaitWaiting(thread);
      receivers.add(receiver);
    }
    int most = Limits.SMALL_QUEUE_BYTES / 2 / Limits.HEAP_BYTES;
    for (int i = 1; i < most; i++) {
      inbox.add(one, messages.message(i, 4));
    }
    assertThat(receivers).as("time enough to be woken").noneMatch(FutureTask::isDone);
    inbox.announce();

    for (FutureTask<@Nullable Message> each : receivers) {
      assertThat(each.get()).isNotNull();
    }
  }

  @Test
  void shouldWakeAReceiverWhenSmallMessagesAreManyWithoutAnnouncement() throws Exception {
    FutureTask<@Nullable Message> receiver = new FutureTask<>(() -> inbox.poll(FOR_EVER));
    Thread thread = new Thread(receiver);
    thread.start();
    awaitWaiting(thread);
    for (int i = 0; i < Limits.SMALL_QUEUE_BYTES / 2 / Limits.HEAP_BYTES; i++) {
      inbox.add(one, messages.message(i, 4));
    }

    assertThat(receiver.get()).isNotNull();
  }

  @Test
  void shouldHandOutWhatIsNotAnnouncedWhenAReceiverComesByItself() throws InterruptedException {
    inbox.add(one, messages.message(1, 4));

    assertThat(next()).isEqualTo(1);
    inbox.announce();
    assertThat(next()).isEqualTo(-1);
  }

  @Test
  void shouldWakeEveryReceiverWhenItIsClosed() throws Exception {
    List<FutureTask<@Nullable Message>> receivers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      FutureTask<@Nullable Message> receiver = new FutureTask<>(() -> inbox.poll(FOR_EVER));
      Thread thread = new Thread(receiver);
      thread.start();
      awaitWaiting(thread);
      receivers.add(receiver);
    }
    assertThat(inbox.isClosed()).isFalse();
    inbox.close();

    for (FutureTask<@Nullable Message> each : receivers) {
      assertThat(each.get()).isNull();
    }
    assertThat(inbox.isClosed()).isTrue();
  }

  @Test
  void shouldReleaseWhatWaitsAndWhatComesLaterWhenItIsClosed() throws InterruptedException {
    inbox.add(one, messages.message(1, 4));
    inbox.add(one, messages.message(2, 4));
    inbox.add(two, messages.message(3, 4));
    inbox.close();
    assertThat(messages.released).hasValue(3);

    assertThat(inbox.add(two, messages.message(4, 4))).isTrue();
    assertThat(messages.released).hasValue(4);
    assertThat(next()).isEqualTo(-1);
    inbox.close();
    assertThat(messages.released).hasValue(4);
  }

  @Test
  void shouldKeepMessagesWhenAReceiverIsInterrupted() throws InterruptedException {
    inbox.add(one, messages.message(1, 4));
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> inbox.poll(FOR_EVER)).isInstanceOf(InterruptedException.class);

    assertThat(next()).isEqualTo(1);
  }

  @Test
  void shouldDeliverEachOnceWhenManyThreadsReceive() throws Exception {
    int count = 20_000;
    List<CompletableFuture<Long>> sums = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      CompletableFuture<Long> sum = new CompletableFuture<>();
      sums.add(sum);
      new Thread(() -> sum.complete(sumOfAll())).start();
    }
    for (int i = 1; i <= count; i++) {
      inbox.add(i % 2 == 0 ? one : two, messages.message(i, 4));
      if (i % 7 == 0) {
        inbox.announce();
      }
    }
    for (int i = 0; i < 3; i++) {
      inbox.add(one, messages.message(0, 4));
    }
    inbox.announce();

    long total = 0;
    for (CompletableFuture<Long> each : sums) {
      total += each.get();
    }
    assertThat(total).isEqualTo((long) count * (count + 1) / 2);
  }

  /** Receives until message 0; two of the lines are taken in turn, so others may come after it. */
  private long sumOfAll() {
    try {
      long sum = 0;
      while (true) {
        Message message = inbox.poll(FOR_EVER);
        if (message == null) {
          throw new AssertionError("closed");
        }
        if (number(message) == 0) {
          return sum;
        }
        sum += number(message);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
