// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.codec.BatchEncoder;
import io.tensorcom.codec.Encoding;
import io.tensorcom.stream.BatchLossException;
import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.OutgoingStream;
import io.tensorcom.stream.StreamOptions;
import io.tensorcom.stream.StreamReport;
import io.tensorcom.stream.StreamStats;
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
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is an end of a stream and what is not: servers that go away, and are started again. */
@Timeout(120)
final class StreamEndTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  private static String freePlace() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "://127.0.0.1:" + socket.getLocalPort() + "?pool=16M";
    }
  }

  private static TensorBatch batch(TensorSender sender, long number) {
    Tensor tensor = Tensor.allocate(sender.pool(), DType.UINT8, 1000);
    tensor.data().putLong(0, number);
    return TensorBatch.of(tensor);
  }

  private static void send(TensorSender sender, int from, int to, BatchMark last)
      throws InterruptedException {
    for (int i = from; i < to; i++) {
      try (TensorBatch batch = batch(sender, i)) {
        assertThat(sender.send(batch, SOON, i == to - 1 ? last : BatchMark.NONE))
            .isEqualTo(SendResult.SENT);
      }
    }
  }

  private static long read(EpochReader reader) throws InterruptedException {
    long count = 0;
    for (TensorBatch batch = reader.next(); batch != null; batch = reader.next()) {
      batch.close();
      count++;
    }
    return count;
  }

  @ParameterizedTest
  @ValueSource(strings = {"netty", "jeromq"})
  void shouldNotEndWhenNobodyToldSoHoweverLongTheServerIsAwayOrSilent(String transport)
      throws Exception {
    String place = freePlace();
    TensorSender sender = TensorSender.open("zpub" + place);
    try (TensorReceiver receiver =
        TensorReceiver.open("zsub" + place + "&timeout=7s&transport=" + transport)) {
      assertThat(sender.awaitPeers(1, SOON)).isTrue();
      send(sender, 0, 1, BatchMark.NONE);
      Iterator<TensorBatch> iterator = receiver.iterator();
      iterator.next().close();
      if (transport.equals("netty")) {
        sender.close();
      }

      // Longer than an absent server holds up an epoch.
      assertThatThrownBy(iterator::hasNext).isInstanceOf(ReceiveTimeoutException.class);

      assertThat(receiver.isEnded()).isFalse();
    } finally {
      sender.close();
    }
  }

  @Test
  void shouldEndEveryEpochWhenTheServerIsStartedAgainAtItsAddress() throws Exception {
    String place = freePlace();
    try (TensorReceiver receiver = TensorReceiver.open("zrpull" + place)) {
      EpochReader reader = new EpochReader(receiver, Duration.ofMinutes(5));
      for (int life = 0; life < 3; life++) {
        try (TensorSender sender = TensorSender.open("zrpush" + place)) {
          boolean dies = life == 1;
          send(sender, 0, 5, dies ? BatchMark.NONE : BatchMark.endOfEpoch(false));
          if (dies) {
            // Its epoch goes on with the one that is started next.
            continue;
          }
          assertThat(read(reader)).isEqualTo(life == 0 ? 5 : 10);
          assertThat(reader.report().end()).isEqualTo(EpochReport.End.TOLD);
          assertThat(reader.report().gone()).hasSize(life == 0 ? 0 : 2);
          if (life == 2) {
            send(sender, 5, 8, BatchMark.endOfEpoch(true));
            assertThat(read(reader)).isEqualTo(3);
            assertThat(reader.report().gone()).as("was said once").isEmpty();
            assertThat(reader.isStreamEnded()).isTrue();
          }
        }
      }
      assertThat(receiver.stats().restarts()).isEqualTo(2);
      assertThat(receiver.stats().forgottenStreams()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"zrpush, zrpull", "zpub, zsub"})
  void shouldLoseNothingWhenServersAreRestartedInOrder(String sends, String receives)
      throws Exception {
    String place = freePlace();
    int lives = 4;
    try (TensorReceiver receiver = TensorReceiver.open(receives + place)) {
      List<Long> numbers = new ArrayList<>();
      for (int life = 0; life < lives; life++) {
        try (TensorSender sender = TensorSender.open(sends + place)) {
          assertThat(sender.awaitPeers(1, SOON)).isTrue();
          for (int i = 0; i < 50; i++) {
            send(sender, life * 50 + i, life * 50 + i + 1, BatchMark.NONE);
            if (sends.equals("zpub")) {
              // A reader that keeps up.
              take(receiver, numbers);
            }
          }
          DrainReport drained = sender.close(SOON);
          assertThat(drained.complete()).isTrue();
          assertThat(drained.undelivered()).isZero();
        }
      }
      while (numbers.size() < lives * 50) {
        take(receiver, numbers);
      }

      assertThat(numbers)
          .containsExactlyInAnyOrderElementsOf(
              IntStream.range(0, lives * 50).mapToObj(i -> (long) i).toList());
      assertThat(receiver.stats().streams()).hasSize(lives).allMatch(each -> each.missing() == 0);
      assertThat(receiver.stats().restarts()).isEqualTo(lives - 1);
      assertThat(StreamReport.merge(List.of(receiver.streamReport())))
          .allMatch(verdict -> verdict.lost() == 0);
    }
  }

  private static void take(TensorReceiver receiver, List<Long> numbers)
      throws InterruptedException {
    try (TensorBatch batch = receiver.receive()) {
      numbers.add(batch.get(0).data().getLong(0));
    }
  }

  @Test
  void shouldCallGapsFilteredOrLostWhenThereIsATopic() throws Exception {
    String place = freePlace();
    try (TensorSender sender = TensorSender.open("zpub" + place);
        TensorReceiver receiver = TensorReceiver.open("zsub" + place + "#f4")) {
      assertThat(sender.awaitPeers(1, SOON)).isTrue();
      for (DType dtype : List.of(DType.FLOAT32, DType.UINT8, DType.FLOAT32)) {
        try (TensorBatch batch = TensorBatch.of(Tensor.allocate(sender.pool(), dtype, 10))) {
          assertThat(sender.send(batch, SOON)).isEqualTo(SendResult.SENT);
        }
      }
      receiver.receive().close();
      receiver.receive().close();

      StreamStats stream = receiver.stats().streams().get(0);
      assertThat(stream.missingMeans()).isEqualTo(StreamStats.Missing.FILTERED_OR_LOST);
      assertThat(stream.lossLine()).startsWith("filtered or lost 1 of 3 from 127.0.0.1:");
    }
  }

  @Test
  void shouldWaitForTheTimeoutOnceWhenIterating() throws Exception {
    try (TensorReceiver receiver = TensorReceiver.open("zsub" + freePlace() + "&timeout=6s")) {
      Iterator<TensorBatch> iterator = receiver.iterator();
      long start = System.nanoTime();

      assertThatThrownBy(iterator::hasNext).isInstanceOf(ReceiveTimeoutException.class);

      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofSeconds(6), Duration.ofSeconds(11));
    }
  }

  @Test
  void shouldThrowWhenAnIteratingThreadIsInterrupted() throws Exception {
    try (TensorReceiver receiver = TensorReceiver.open("zsub" + freePlace())) {
      Iterator<TensorBatch> iterator = receiver.iterator();
      Thread.currentThread().interrupt();

      assertThatThrownBy(iterator::hasNext)
          .isInstanceOf(ReceiveInterruptedException.class)
          .hasCauseInstanceOf(InterruptedException.class);

      assertThat(Thread.interrupted()).as("is still set").isTrue();
    }
  }

  @Test
  void shouldHandOutEveryBatchWhenTwoThreadsHearOfLossesAtOnce() throws Exception {
    TensorPool pool = TensorPool.ofBudget(16 << 20);
    TensorcomConfig strict =
        TensorcomConfig.builder().streams(StreamOptions.DEFAULT.withMaxLost(0)).build();
    try (MessageSink sink = new NettyTransport().openSink(SocketRole.PUB, SocketOptions.of(pool))) {
      TransportAddress address = sink.bind(TransportAddress.tcp("127.0.0.1", 0));
      try (TensorReceiver receiver =
          TensorReceiver.open(strict, address.toString().replace("tcp", "zsub") + "?pool=16M")) {
        assertThat(sink.awaitPeers(1, SOON)).isTrue();
        OutgoingStream stream = new OutgoingStream(1, false);
        send(sink, pool, stream, 0);
        receiver.receive().close();
        BlockingQueue<BatchLossException> thrown = new ArrayBlockingQueue<>(2);
        List<Thread> threads = List.of(consumer(receiver, thrown), consumer(receiver, thrown));
        for (Thread thread : threads) {
          thread.start();
          awaitWaiting(thread);
        }

        for (int i = 1; i <= 2; i++) {
          stream.sent(BatchMark.NONE);
          send(sink, pool, stream, i);
          assertThat(thrown.poll(30, TimeUnit.SECONDS)).isNotNull();
        }

        List<Long> numbers = new ArrayList<>();
        take(receiver, numbers);
        take(receiver, numbers);
        assertThat(numbers).containsExactly(1L, 2L);
        for (Thread thread : threads) {
          thread.join();
        }
      }
    }
    pool.close();
  }

  @Test
  void shouldNotEndBeforeTheLastBatchIsHandedOutWhenItTellsOfALoss() throws Exception {
    TensorPool pool = TensorPool.ofBudget(16 << 20);
    TensorcomConfig strict =
        TensorcomConfig.builder().streams(StreamOptions.DEFAULT.withMaxLost(0)).build();
    try (MessageSink sink = new NettyTransport().openSink(SocketRole.PUB, SocketOptions.of(pool))) {
      String place = sink.bind(TransportAddress.tcp("127.0.0.1", 0)).toString();
      try (TensorReceiver receiver =
          TensorReceiver.open(strict, place.replace("tcp", "zsub") + "?pool=16M")) {
        assertThat(sink.awaitPeers(1, SOON)).isTrue();
        OutgoingStream stream = new OutgoingStream(1, false);
        send(sink, pool, stream, 0);
        EpochReader reader = new EpochReader(receiver, Duration.ofMinutes(5));
        take(reader, 0);
        stream.sent(BatchMark.NONE);
        send(sink, pool, stream, 2, BatchMark.endOfEpoch(true));
        assertThatThrownBy(reader::next).isInstanceOf(BatchLossException.class);
        assertThat(receiver.isEnded()).isFalse();

        take(reader, 2);

        assertThat(receiver.isEnded()).isTrue();
        assertThat(reader.next()).isNull();
        assertThat(reader.report().batches()).isEqualTo(2);
        assertThat(reader.isStreamEnded()).isTrue();
      }
    }
    pool.close();
  }

  private static void take(EpochReader reader, long number) throws InterruptedException {
    try (TensorBatch batch = reader.next()) {
      assertThat(batch).isNotNull();
      assertThat(batch.get(0).data().getLong(0)).isEqualTo(number);
    }
  }

  private static Thread consumer(
      TensorReceiver receiver, BlockingQueue<BatchLossException> thrown) {
    return new Thread(
        () -> {
          try (TensorBatch batch = receiver.receive()) {
            throw new AssertionError("handed out: " + batch);
          } catch (BatchLossException e) {
            thrown.add(e);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.TIMED_WAITING) {
      assertThat(thread.isAlive()).isTrue();
      Thread.onSpinWait();
    }
  }

  private static void send(MessageSink sink, TensorPool pool, OutgoingStream stream, long number)
      throws InterruptedException {
    send(sink, pool, stream, number, BatchMark.NONE);
  }

  private static void send(
      MessageSink sink, TensorPool pool, OutgoingStream stream, long number, BatchMark mark)
      throws InterruptedException {
    Tensor tensor = Tensor.allocate(pool, DType.UINT8, 1000);
    tensor.data().putLong(0, number);
    try (TensorBatch batch = TensorBatch.of(tensor)) {
      BatchEncoder encoder = new BatchEncoder(Encoding.MULTIPART, false);
      sink.send(encoder.message(batch, stream.next(mark, 0)), SOON);
      stream.sent(mark);
    }
  }
}
