// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.codec.BatchEncoder;
import io.tensorcom.codec.Encoding;
import io.tensorcom.stream.BatchMark;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.netty.NettyTransport;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is silent, by a clock of the test's, and what becomes of the ends that silent ones owe. */
@Timeout(90)
final class SilentServersTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Duration SILENCE = Duration.ofMinutes(10);
  private static final BatchMark END = BatchMark.endOfEpoch(false);

  /** What happens while the reader waits. */
  private interface Event {
    void happen() throws InterruptedException;
  }

  private final AtomicLong clock = new AtomicLong();
  private final TensorReceiver receiver =
      TensorReceiver.open(TensorcomConfig.defaults(), clock::get, "zpull://127.0.0.1:0?pool=64M");
  private final String place = receiver.boundEndpoints().get(0);
  private final TensorSender a = sender();
  private final TensorSender b = sender();
  private final Deque<Event> events = new ArrayDeque<>();
  private long ends;
  private final EpochReader reader = new EpochReader(receiver, SILENCE, this::await);

  SilentServersTest() throws InterruptedException {
    assertThat(receiver.awaitPeers(2, SOON)).isTrue();
  }

  @AfterEach
  void close() {
    a.close();
    b.close();
    receiver.close();
  }

  private TensorSender sender() {
    return TensorSender.open(place.replace("tcp", "zpush") + "?pool=64M");
  }

  /** Lets the next event happen when all that was sent before has been taken. */
  private @Nullable TensorBatch await(Duration timeout) throws InterruptedException {
    Event event = receiver.ends() < ends ? null : events.poll();
    if (event != null) {
      event.happen();
    }
    return receiver.pollToEnd(timeout);
  }

  private void passes(Duration time) {
    clock.addAndGet(time.toNanos());
  }

  private void send(TensorSender sender, BatchMark mark) throws InterruptedException {
    try (TensorBatch batch = TensorBatch.of(Tensor.allocate(sender.pool(), DType.UINT8, 1000))) {
      assertThat(sender.send(batch, SOON, mark)).isEqualTo(SendResult.SENT);
      // By its flag, and by the notice behind it.
      ends += mark.isEnd() ? 2 : 0;
    }
  }

  private void take(int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      TensorBatch batch = reader.next();
      assertThat(batch).as("the epoch goes on: %s", reader.report()).isNotNull();
      batch.close();
    }
  }

  private void assertEnds(EpochReport.End how, int unfinished) throws InterruptedException {
    assertThat(reader.next()).isNull();
    assertThat(reader.report().end()).isEqualTo(how);
    assertThat(reader.report().unfinished()).hasSize(unfinished);
  }

  /** A has told the end of epoch 0, and B has not. */
  private void silenceEndsTheFirstEpoch() throws InterruptedException {
    events.add(() -> passes(SILENCE));
    assertEnds(EpochReport.End.SILENCE, 1);
  }

  @Test
  void shouldWaitForTheEndOfItsOwnEpochWhenTheOneBeforeWasCutBySilence() throws Exception {
    send(a, END);
    send(b, BatchMark.NONE);
    take(2);
    silenceEndsTheFirstEpoch();

    send(b, END);
    take(1);
    send(a, END);
    take(1);
    send(b, BatchMark.NONE);
    take(1);
    send(b, END);
    take(1);
    assertEnds(EpochReport.End.TOLD, 0);
    assertThat(reader.report().epoch()).isEqualTo(1);
  }

  @Test
  void shouldUseUpOneEndWhenSilenceCutsAnEpochTwiceThatNobodyEnded() throws Exception {
    send(a, BatchMark.NONE);
    send(b, BatchMark.NONE);
    take(2);
    for (int i = 0; i < 2; i++) {
      events.add(() -> passes(SILENCE));
      assertEnds(EpochReport.End.SILENCE, 2);
    }

    for (TensorSender each : List.of(a, b, b, a)) {
      send(each, END);
      take(1);
    }

    events.add(() -> passes(SILENCE));
    assertEnds(EpochReport.End.TOLD, 0);
  }

  @Test
  void shouldWaitForTheEndOfItsOwnEpochWhenAServerSpeaksOnlyAfterTheSilence() throws Exception {
    send(a, END);
    take(1);
    silenceEndsTheFirstEpoch();

    send(b, END);
    take(1);
    send(a, END);
    take(1);
    send(b, BatchMark.NONE);
    take(1);
    send(b, END);
    take(1);
    assertEnds(EpochReport.End.TOLD, 0);
  }

  @Test
  void shouldCountTheFirstEndWhenAServerConnectsAfterTheSilence() throws Exception {
    send(a, END);
    send(b, BatchMark.NONE);
    take(2);
    silenceEndsTheFirstEpoch();
    try (TensorSender joins = sender()) {
      assertThat(receiver.awaitPeers(3, SOON)).isTrue();
      for (TensorSender each : List.of(b, a, b, joins)) {
        send(each, END);
        take(1);
      }

      assertEnds(EpochReport.End.TOLD, 0);
    }
  }

  @Test
  void shouldEndByWordWhenTheEndOfTheStreamIsThatOfAnEpochThatWasCut() throws Exception {
    send(a, BatchMark.endOfEpoch(true));
    send(b, BatchMark.NONE);
    take(2);
    silenceEndsTheFirstEpoch();

    send(b, BatchMark.endOfEpoch(true));
    take(1);

    assertEnds(EpochReport.End.TOLD, 0);
    assertThat(reader.isStreamEnded()).isTrue();
  }

  @Test
  void shouldNotBlameServersWhenTheApplicationPaused() throws Exception {
    send(a, END);
    send(b, BatchMark.NONE);
    take(2);
    passes(Duration.ofDays(1));

    events.add(() -> send(b, END));
    take(1);

    assertEnds(EpochReport.End.TOLD, 0);
  }

  @Test
  void shouldNotEndTheEpochAtOnceWhenTheApplicationPausedInItsMiddle() throws Exception {
    send(a, BatchMark.NONE);
    take(1);
    passes(Duration.ofDays(1));

    // Nothing came at the first look.
    events.add(() -> {});
    events.add(() -> send(a, BatchMark.NONE));
    take(1);
  }

  @Test
  void shouldEndBySilenceWhenTheApplicationTakesItsTimeForEachBatch() throws Exception {
    send(a, END);
    send(b, BatchMark.NONE);
    take(2);
    Duration step = SILENCE.dividedBy(8);
    for (int i = 0; i < 7; i++) {
      send(a, BatchMark.NONE);
      passes(step);
      take(1);
    }
    send(a, BatchMark.NONE);
    passes(step.plusNanos(1));

    assertEnds(EpochReport.End.SILENCE, 1);
  }

  @Test
  void shouldWaitWhenAServerThatTellsNothingGoesOnSending() throws Exception {
    Duration most = SILENCE.dividedBy(10).multipliedBy(6);
    TensorPool pool = TensorPool.ofBudget(16 << 20);
    try (MessageSink python =
        new NettyTransport().openSink(SocketRole.PUSH, SocketOptions.of(pool))) {
      python.connect(Objects.requireNonNull(TransportAddress.parse(place)));
      assertThat(python.awaitPeers(1, SOON)).isTrue();
      send(b, END);
      send(a, END);
      take(2);
      for (int i = 0; i < 3; i++) {
        events.add(
            () -> {
              passes(most);
              sendPlain(python, pool);
            });
        take(1);
      }

      events.add(() -> passes(SILENCE));
      assertEnds(EpochReport.End.SILENCE, 1);
    }
    pool.close();
  }

  private static void sendPlain(MessageSink sink, TensorPool pool) throws InterruptedException {
    try (TensorBatch batch = TensorBatch.of(Tensor.allocate(pool, DType.UINT8, 1000))) {
      sink.send(new BatchEncoder(Encoding.MULTIPART, false).message(batch), SOON);
    }
  }

  @Test
  void shouldBlameNobodyForASilenceInWhichNobodyWaited() throws Exception {
    send(a, END);
    take(1);
    events.add(() -> passes(SILENCE.multipliedBy(2)));
    AtomicBoolean isWaitedFor = new AtomicBoolean();
    events.add(() -> passes(SILENCE.dividedBy(2)));
    events.add(
        () -> {
          isWaitedFor.set(true);
          send(b, BatchMark.NONE);
        });

    TensorBatch batch = reader.next(isWaitedFor::get);

    assertThat(batch).as("the epoch goes on: %s", reader.report()).isNotNull();
    batch.close();
    silenceEndsTheFirstEpoch();
  }
}
