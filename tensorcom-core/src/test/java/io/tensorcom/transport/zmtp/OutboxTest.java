// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static io.tensorcom.transport.zmtp.QueueFixture.FOR_EVER;
import static io.tensorcom.transport.zmtp.QueueFixture.MEBIBYTE;
import static io.tensorcom.transport.zmtp.QueueFixture.awaitWaiting;
import static io.tensorcom.transport.zmtp.QueueFixture.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.transport.Message;
import io.tensorcom.transport.SendResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class OutboxTest {
  private final QueueFixture messages = new QueueFixture();
  private final Semaphore filled = new Semaphore(0);
  private final Outbox outbox = new Outbox(2, true, filled::release);

  private int next() {
    Message message = outbox.take();
    return message == null ? -1 : number(message);
  }

  private FutureTask<SendResult> putInThread(Outbox into, int number) {
    FutureTask<SendResult> sender =
        new FutureTask<>(() -> into.put(messages.large(number), FOR_EVER));
    Thread thread = new Thread(sender);
    thread.start();
    awaitWaiting(thread);
    return sender;
  }

  @Test
  void shouldHaveNoRoomWhenBothLimitsAreReached() throws InterruptedException {
    assertThat(outbox.put(messages.large(1), 0)).isEqualTo(SendResult.SENT);
    assertThat(outbox.put(messages.large(2), 0)).isEqualTo(SendResult.SENT);
    assertThat(outbox.put(messages.large(3), 1)).isEqualTo(SendResult.TIMED_OUT);
    assertThat(messages.released).as("what was not taken is the caller's").hasValue(0);

    assertThat(next()).isEqualTo(1);
    assertThat(outbox.put(messages.large(4), 0)).isEqualTo(SendResult.SENT);
    assertThat(List.of(next(), next(), next())).containsExactly(2, 4, -1);
    assertThat(outbox.isEmpty()).isTrue();
  }

  @Test
  void shouldTakeSmallOnesUntilTheyAreAMebibyteTogether() throws InterruptedException {
    for (int i = 0; i < 1024; i++) {
      assertThat(outbox.put(messages.message(i, 1024), 0)).isEqualTo(SendResult.SENT);
    }
    assertThat(outbox.put(messages.message(0, 4), 0)).isEqualTo(SendResult.TIMED_OUT);
    assertThat(next()).isZero();
    assertThat(outbox.put(messages.message(0, MEBIBYTE), 0)).isEqualTo(SendResult.SENT);
    assertThat(next()).isEqualTo(1);
    assertThat(outbox.put(messages.message(0, 4), 0)).isEqualTo(SendResult.TIMED_OUT);
  }

  @Test
  void shouldTakeNothingWhenThereIsNobodyToSendTo() throws Exception {
    Outbox shut = new Outbox(2, false, filled::release);
    assertThat(shut.put(messages.large(1), 0)).isEqualTo(SendResult.TIMED_OUT);
    FutureTask<SendResult> sender = putInThread(shut, 2);
    shut.setOpen(true);
    assertThat(sender.get()).isEqualTo(SendResult.SENT);
    shut.setOpen(false);

    assertThat(shut.put(messages.large(3), 0)).isEqualTo(SendResult.TIMED_OUT);
    assertThat(shut.take()).as("what is in may be taken").isNotNull();
  }

  @Test
  void shouldTellTheReaderOnlyWhenItHasSeenNothing() throws InterruptedException {
    outbox.put(messages.message(1, 4), 0);
    assertThat(filled.drainPermits()).isEqualTo(1);
    outbox.put(messages.message(2, 4), 0);
    next();
    outbox.put(messages.message(3, 4), 0);
    next();
    next();
    outbox.put(messages.message(4, 4), 0);
    assertThat(filled.drainPermits()).as("it has not looked in vain").isZero();
    next();
    assertThat(next()).isEqualTo(-1);
    outbox.put(messages.message(5, 4), 0);

    assertThat(filled.drainPermits()).isEqualTo(1);
  }

  @Test
  void shouldWakeOneSenderForEachRoomWhenSeveralWait() throws Exception {
    outbox.put(messages.large(1), 0);
    outbox.put(messages.large(2), 0);
    List<FutureTask<SendResult>> senders = new ArrayList<>();
    for (int i = 3; i < 6; i++) {
      senders.add(putInThread(outbox, i));
    }
    List<Integer> taken = new ArrayList<>();
    while (taken.size() < 5) {
      int number = next();
      if (number >= 0) {
        taken.add(number);
      }
    }

    assertThat(taken).startsWith(1, 2).containsExactlyInAnyOrder(1, 2, 3, 4, 5);
    for (FutureTask<SendResult> each : senders) {
      assertThat(each.get()).isEqualTo(SendResult.SENT);
    }
  }

  @Test
  void shouldWakeASenderOnlyWhenHalfIsEmptyOfSmallMessages() throws Exception {
    Outbox unwatched = new Outbox(2, true, filled::release, FOR_EVER);
    for (int i = 0; i < 1024; i++) {
      unwatched.put(messages.message(i, 1024), 0);
    }
    FutureTask<SendResult> sender = putInThread(unwatched, 2000);
    for (int i = 0; i < 10_000; i++) {
      Message first = unwatched.take();
      assertThat(first).isNotNull();
      unwatched.putBack(first);
    }
    assertThat(sender.isDone()).as("time enough to be woken").isFalse();
    for (int i = 0; i <= 512; i++) {
      unwatched.take();
    }

    assertThat(sender.get()).isEqualTo(SendResult.SENT);
  }

  @Test
  void shouldFindRoomByItselfWhenItIsLessThanHalf() throws Exception {
    for (int i = 0; i < 1024; i++) {
      outbox.put(messages.message(i, 1024), 0);
    }
    FutureTask<SendResult> sender = putInThread(outbox, 2000);
    next();

    assertThat(sender.get()).as("nobody takes another").isEqualTo(SendResult.SENT);
  }

  @Test
  void shouldWakeASenderForEachRoomWhenAFewMessagesFillIt() throws Exception {
    Outbox unwatched = new Outbox(1, true, filled::release, FOR_EVER);
    unwatched.put(messages.message(1, 600_000), 0);
    unwatched.put(messages.message(2, 600_000), 0);
    FutureTask<SendResult> sender = putInThread(unwatched, 3);
    assertThat(unwatched.take()).isNotNull();

    assertThat(sender.get()).isEqualTo(SendResult.SENT);
  }

  @Test
  void shouldTellWaitingSendersWhenItIsClosed() throws Exception {
    outbox.put(messages.large(1), 0);
    outbox.put(messages.large(2), 0);
    FutureTask<SendResult> first = putInThread(outbox, 3);
    FutureTask<SendResult> second = putInThread(outbox, 4);
    outbox.close();

    assertThat(first.get()).isEqualTo(SendResult.CLOSED);
    assertThat(second.get()).isEqualTo(SendResult.CLOSED);
    next();
    assertThat(outbox.put(messages.large(5), 0)).isEqualTo(SendResult.CLOSED);
    assertThat(next()).as("what is in may be taken").isEqualTo(2);
  }

  @Test
  void shouldKeepTheOrderWhenMessagesComeBack() throws InterruptedException {
    outbox.put(messages.large(1), 0);
    outbox.put(messages.large(2), 0);
    Message first = outbox.take();
    assertThat(first).isNotNull();
    outbox.putBack(first);
    assertThat(outbox.put(messages.large(3), 0)).as("counts again").isEqualTo(SendResult.TIMED_OUT);

    assertThat(List.of(next(), next(), next())).containsExactly(1, 2, -1);
    assertThat(outbox.put(messages.large(3), 0)).isEqualTo(SendResult.SENT);
  }

  @Test
  void shouldReleaseAndCountWhenWhatIsLeftIsDiscarded() throws InterruptedException {
    outbox.put(messages.large(1), 0);
    outbox.put(messages.large(2), 0);

    assertThat(outbox.discard()).isEqualTo(2);
    assertThat(messages.released).hasValue(2);
    assertThat(outbox.isEmpty()).isTrue();
    assertThat(outbox.discard()).isZero();
  }

  @Test
  void shouldTakeNothingWhenTheSenderIsInterrupted() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> outbox.put(messages.large(1), FOR_EVER))
        .isInstanceOf(InterruptedException.class);

    assertThat(outbox.isEmpty()).isTrue();
  }

  private static Message command(int number) {
    return Message.outboundCommand(ByteBuffer.allocate(4).putInt(0, number));
  }

  @Test
  void shouldTakeACommandWithTheMessageBeforeItWhenThereIsRoomForOne() throws InterruptedException {
    outbox.put(messages.large(1), 0);

    assertThat(outbox.put(messages.large(2), command(3), 0)).isEqualTo(SendResult.SENT);

    assertThat(filled.availablePermits()).as("the reader is told once").isOne();
    outbox.close();
    assertThat(List.of(next(), next(), next(), next())).containsExactly(1, 2, 3, -1);
  }

  @Test
  void shouldTakeACommandWithTheMessageBeforeItWhenItIsClosedRightThen()
      throws InterruptedException {
    Outbox[] made = new Outbox[1];
    made[0] = new Outbox(2, true, () -> made[0].close());

    assertThat(made[0].put(messages.large(1), command(2), 0)).isEqualTo(SendResult.SENT);

    assertThat(made[0].take()).as("the message").isNotNull();
    assertThat(made[0].take()).as("the command").isNotNull();
  }

  @Test
  void shouldTakeNoCommandWhenTheMessageBeforeItIsNotTaken() throws InterruptedException {
    outbox.put(messages.large(1), 0);
    outbox.put(messages.large(2), 0);
    assertThat(outbox.put(messages.large(3), command(4), 0)).isEqualTo(SendResult.TIMED_OUT);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> outbox.put(messages.large(3), command(4), FOR_EVER))
        .isInstanceOf(InterruptedException.class);
    assertThat(List.of(next(), next(), next())).containsExactly(1, 2, -1);
    outbox.close();

    assertThat(outbox.put(messages.large(3), command(4), 0)).isEqualTo(SendResult.CLOSED);
    assertThat(outbox.isEmpty()).isTrue();
  }

  @Test
  void shouldMissNoWakeupWhenSendersAndReaderMeetAtRandom() throws Exception {
    int each = 20_000;
    List<FutureTask<Integer>> senders = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      FutureTask<Integer> sender =
          new FutureTask<>(
              () -> {
                int sent = 0;
                for (int n = 0; n < each; n++) {
                  sent += outbox.put(messages.large(n), FOR_EVER) == SendResult.SENT ? 1 : 0;
                }
                return sent;
              });
      senders.add(sender);
      new Thread(sender).start();
    }
    int taken = 0;
    while (taken < 2 * each) {
      // As the loop does: after having found nothing it looks only when it is told to.
      filled.acquire();
      while (next() >= 0) {
        taken++;
      }
    }

    for (FutureTask<Integer> sender : senders) {
      assertThat(sender.get()).isEqualTo(each);
    }
  }
}
