// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static io.tensorcom.transport.zmtp.Wire.command;
import static io.tensorcom.transport.zmtp.Wire.greeting;
import static io.tensorcom.transport.zmtp.Wire.join;
import static io.tensorcom.transport.zmtp.Wire.message;
import static io.tensorcom.transport.zmtp.Wire.property;
import static io.tensorcom.transport.zmtp.Wire.ready;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class SourceCoreTest {
  private static final int LARGE = 600_000;

  private final ManualScheduler scheduler = new ManualScheduler();
  private final TensorPool pool = TensorPool.ofBudget(16 << 20);
  private final SourceCore core =
      new SourceCore(SocketRole.PULL, SocketOptions.of(pool).withMaxMessagesPerPeer(2), scheduler);

  private FakeLink pusher() {
    FakeLink link = new FakeLink(scheduler, "test://pusher");
    link.open(each -> core.open(each, null));
    link.feed(join(greeting(1), ready("PUSH")));
    return link;
  }

  private void receive(int length) throws InterruptedException {
    Message message = core.inbox().poll(0);
    assertThat(message).isNotNull();
    assertThat(message.byteSize()).isEqualTo(length);
    message.release();
    scheduler.runDue();
  }

  @Test
  void shouldReadOnlyWhileThereIsRoomWhenMessagesAreNotTaken() throws InterruptedException {
    FakeLink eager = pusher();
    FakeLink modest = pusher();
    for (int i = 0; i < 5; i++) {
      eager.feed(message(new byte[LARGE + i]));
    }
    assertThat(core.messages()).as("its line is full").isEqualTo(2);
    modest.feed(message(new byte[7]));
    assertThat(core.messages()).as("others are read").isEqualTo(3);

    receive(LARGE);
    receive(7);
    receive(LARGE + 1);
    assertThat(core.messages()).as("the line has room again").isGreaterThan(3);
    for (int i = 2; i < 5; i++) {
      receive(LARGE + i);
    }
    assertThat(core.inbox().poll(0)).isNull();
    assertThat(core.bytes()).isEqualTo(5L * LARGE + 10 + 7);
    assertThat(pool.stats().leases()).isZero();
  }

  private FutureTask<Message> waitingReceiver() {
    FutureTask<Message> receiver =
        new FutureTask<>(() -> Objects.requireNonNull(core.inbox().poll(QueueFixture.FOR_EVER)));
    Thread thread = new Thread(receiver);
    thread.start();
    QueueFixture.awaitWaiting(thread);
    return receiver;
  }

  @Test
  @Timeout(60)
  void shouldWakeAReceiverWhenASmallMessageHasBeenRead() throws Exception {
    FakeLink link = pusher();
    FutureTask<Message> receiver = waitingReceiver();
    link.feed(message(new byte[7]));

    assertThat(receiver.get().byteSize()).isEqualTo(7);
  }

  @Test
  @Timeout(60)
  void shouldWakeAReceiverWhenASmallMessageWasReadBeforeItWasTaken() throws Exception {
    FakeLink link = pusher();
    link.feed(message(new byte[100]));
    int full = Limits.SMALL_QUEUE_BYTES / Limits.HEAP_BYTES;
    byte[] one = message(new byte[1]);
    byte[] all = new byte[full * one.length];
    for (int i = 0; i < full; i++) {
      System.arraycopy(one, 0, all, i * one.length, one.length);
    }
    link.feed(all);
    assertThat(core.messages()).as("the last is read, and has no room").isEqualTo(full);
    for (int i = 0; i < full; i++) {
      assertThat(core.inbox().poll(0)).isNotNull();
    }
    FutureTask<Message> receiver = waitingReceiver();
    scheduler.runDue();

    assertThat(receiver.get().byteSize()).isOne();
  }

  @Test
  void shouldNameThePeersThatTellEndsWhileTheyAreConnected() {
    FakeLink silent = new FakeLink(scheduler, "test://silent");
    silent.open(each -> core.open(each, null));
    silent.feed(join(greeting(1), command("READY", property("Socket-Type", "PUSH"))));
    assertThat(core.peers()).isOne();
    assertThat(core.peersThatTellEnds()).isEmpty();

    FakeLink link = pusher();
    assertThat(core.peersThatTellEnds()).containsExactly("test://pusher");
    link.lose();
    assertThat(core.peersThatTellEnds()).isEmpty();
  }

  @Test
  void shouldDeliverWhatCameWholeWhenThePeerIsLost() throws InterruptedException {
    FakeLink link = pusher();
    link.feed(message(new byte[LARGE]));
    link.feed(Wire.frame(1, new byte[LARGE]));
    assertThat(core.peers()).isOne();
    link.lose();
    assertThat(core.peers()).isZero();

    receive(LARGE);
    assertThat(core.inbox().poll(0)).isNull();
    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldNameThePeerAsWaitingOnlyWhileItsMessageComes() {
    FakeLink link = pusher();
    byte[] message = message(new byte[LARGE]);
    assertThat(core.waitingPeers()).isEmpty();

    link.feed(Arrays.copyOf(message, LARGE / 2));
    scheduler.advanceNanos(PeerCounters.COMING_NANOS - 1);
    assertThat(core.waitingPeers()).containsExactly("test://pusher");
    scheduler.advanceNanos(1);
    assertThat(core.waitingPeers()).as("it stands still").isEmpty();
    link.feed(Arrays.copyOfRange(message, LARGE / 2, LARGE - 1));
    assertThat(core.waitingPeers()).as("more has come").containsExactly("test://pusher");

    link.lose();
    assertThat(core.waitingPeers()).as("nothing comes of it").isEmpty();
  }

  @Test
  void shouldNameThePeerAsWaitingWhenThereIsNoMemoryForItsMessage() throws InterruptedException {
    FakeLink link = pusher();
    List<Lease> application = new ArrayList<>();
    for (Lease lease = pool.tryLease(LARGE); lease != null; lease = pool.tryLease(LARGE)) {
      application.add(lease);
    }

    link.feed(message(new byte[LARGE]));
    scheduler.advanceNanos(10 * PeerCounters.COMING_NANOS);

    assertThat(core.waitingPeers()).containsExactly("test://pusher");
    application.forEach(Lease::release);
    scheduler.runDue();
    receive(LARGE);
    assertThat(core.waitingPeers()).isEmpty();
  }

  @Test
  void shouldHandOutOnlyWhatWasAskedForWhenThePublisherSendsMore() throws InterruptedException {
    SourceCore sub =
        new SourceCore(
            SocketRole.SUB,
            SocketOptions.of(pool).withTopics(List.of(new byte[] {5, 6}, new byte[] {7})),
            scheduler);
    FakeLink link = new FakeLink(scheduler, "test://publisher");
    link.open(each -> sub.open(each, null));
    link.feed(join(greeting(1), ready("PUB")));
    link.feed(
        join(message(new byte[] {5, 9}), message(new byte[] {5}), message(new byte[] {5, 6, 1})));
    link.feed(join(message(new byte[0]), message(new byte[] {7})));

    Message first = sub.inbox().poll(0);
    Message second = sub.inbox().poll(0);
    assertThat(first).isNotNull();
    assertThat(second).isNotNull();
    assertThat(first.piece(0)).isEqualTo(ByteBuffer.wrap(new byte[] {5, 6, 1}));
    assertThat(second.piece(0)).isEqualTo(ByteBuffer.wrap(new byte[] {7}));
    assertThat(sub.inbox().poll(0)).isNull();
  }
}
