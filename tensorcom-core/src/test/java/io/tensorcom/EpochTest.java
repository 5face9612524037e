// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.stream.BatchLossException;
import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.StreamOptions;
import io.tensorcom.stream.StreamReport;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Finite sources: everybody learns the end, and what did not come. */
@Timeout(90)
final class EpochTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  /** Far beyond what a run takes, so that no epoch ends by it unseen. */
  private static final Duration SILENCE = Duration.ofSeconds(60);

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
    threads.shutdownNow();
    assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
  }

  private TensorSender sender(String scheme, TensorcomConfig config) {
    TensorSender sender = TensorSender.open(config, scheme + "://127.0.0.1:0?pool=64M");
    opened.add(0, sender);
    return sender;
  }

  private TensorReceiver receiver(String scheme, TensorcomConfig config, List<TensorSender> from) {
    String[] urls =
        from.stream()
            .map(each -> each.boundEndpoints().get(0).replace("tcp", scheme) + "?pool=64M")
            .toArray(String[]::new);
    TensorReceiver receiver = TensorReceiver.open(config, urls);
    opened.add(receiver);
    return receiver;
  }

  private static TensorBatch batch(TensorSender sender, long number, int bytes) {
    Tensor tensor = Tensor.allocate(sender.pool(), DType.UINT8, bytes);
    tensor.data().putLong(0, number);
    return TensorBatch.of(tensor);
  }

  private static Iterator<TensorBatch> batches(TensorSender sender, int count) {
    return IntStream.range(0, count).mapToObj(i -> batch(sender, i, 1000)).iterator();
  }

  /** What one reader saw of each epoch. */
  private static List<EpochReport> readAll(TensorReceiver receiver) throws InterruptedException {
    List<EpochReport> reports = new ArrayList<>();
    EpochReader reader = new EpochReader(receiver, SILENCE);
    while (!reader.isStreamEnded()) {
      TensorBatch batch = reader.next();
      if (batch != null) {
        batch.close();
      } else if (reports.isEmpty() || reader.report().epoch() > last(reports).epoch()) {
        reports.add(reader.report());
      }
    }
    return reports;
  }

  private static EpochReport last(List<EpochReport> reports) {
    return reports.get(reports.size() - 1);
  }

  private <T> List<T> inParallel(List<Callable<T>> work)
      throws InterruptedException, ExecutionException {
    List<T> results = new ArrayList<>();
    for (Future<T> future : threads.invokeAll(work)) {
      results.add(future.get());
    }
    return results;
  }

  @Test
  void shouldEndEveryPullersEpochsWhenThreeServersServeThreePullers() throws Exception {
    List<TensorSender> senders =
        Stream.generate(() -> sender("zrpush", TensorcomConfig.defaults())).limit(3).toList();
    List<TensorReceiver> receivers =
        Stream.generate(() -> receiver("zrpull", TensorcomConfig.defaults(), senders))
            .limit(3)
            .toList();
    List<Callable<List<EpochReport>>> work = new ArrayList<>();
    for (TensorSender sender : senders) {
      assertThat(sender.awaitPeers(3, SOON)).isTrue();
      work.add(
          () -> {
            ServeReport served =
                sender.serveEpochs(3, e -> batches(sender, 40), ServeOptions.forEver());
            assertThat(served.batches()).isEqualTo(120);
            return List.of();
          });
    }
    receivers.forEach(receiver -> work.add(() -> readAll(receiver)));

    List<EpochReport> reports = new ArrayList<>();
    inParallel(work).forEach(reports::addAll);

    assertThat(reports).allMatch(report -> report.end() == EpochReport.End.TOLD);
    assertThat(reports).allMatch(report -> report.gone().isEmpty());
    assertThat(reports.stream().mapToLong(EpochReport::batches).sum()).isEqualTo(360);
    List<StreamReport> books = receivers.stream().map(TensorReceiver::streamReport).toList();
    assertThat(StreamReport.merge(books))
        .hasSize(3)
        .allMatch(verdict -> verdict.lost() == 0 && verdict.sent() == 120)
        .noneMatch(StreamReport.Verdict::tailUnknown);
  }

  @Test
  void shouldEndIterationWhenAllPublishersHaveEnded() throws Exception {
    List<TensorSender> senders =
        Stream.generate(() -> sender("zpub", TensorcomConfig.defaults())).limit(3).toList();
    TensorReceiver receiver = receiver("zsub", TensorcomConfig.defaults(), senders);
    List<Callable<Long>> work = new ArrayList<>();
    for (TensorSender sender : senders) {
      assertThat(sender.awaitPeers(1, SOON)).isTrue();
      work.add(
          () -> sender.serveEpochs(2, e -> batches(sender, 25), ServeOptions.forEver()).batches());
    }
    work.add(
        () -> {
          long count = 0;
          for (TensorBatch batch : receiver) {
            batch.close();
            count++;
          }
          return count;
        });

    assertThat(inParallel(work)).containsExactly(50L, 50L, 50L, 150L);
    assertThat(receiver.stats().streams())
        .hasSize(3)
        .allMatch(stream -> stream.missing() == 0 && stream.streamEnded() && stream.epoch() == 1);
  }

  @Test
  void shouldHearTheEndWhenAPullerJoinsAfterIt() throws Exception {
    TensorSender sender = sender("zrpush", TensorcomConfig.defaults());
    TensorReceiver early = receiver("zrpull", TensorcomConfig.defaults(), List.of(sender));
    sender.serveEpochs(1, e -> batches(sender, 5), ServeOptions.forEver());
    assertThat(readAll(early)).extracting(EpochReport::batches).containsExactly(5L);

    TensorReceiver late = receiver("zrpull", TensorcomConfig.defaults(), List.of(sender));

    assertThat(late.iterator().hasNext()).isFalse();
    assertThat(late.streamReport().streams().values()).hasSize(1);
    assertThat(StreamReport.merge(List.of(early.streamReport(), late.streamReport())).get(0).lost())
        .isZero();
  }

  @Test
  void shouldEndEachEpochOfEveryPullerWhenThereAreFewerBatchesThanPullers() throws Exception {
    TensorSender sender = sender("zrpush", TensorcomConfig.defaults());
    List<TensorReceiver> receivers =
        Stream.generate(() -> receiver("zrpull", TensorcomConfig.defaults(), List.of(sender)))
            .limit(4)
            .toList();
    assertThat(sender.awaitPeers(4, SOON)).isTrue();
    sender.serveEpochs(3, e -> batches(sender, 2), ServeOptions.forEver());

    long[] batches = new long[3];
    for (TensorReceiver receiver : receivers) {
      List<EpochReport> reports = readAll(receiver);
      assertThat(reports).hasSize(3).allMatch(each -> each.end() == EpochReport.End.TOLD);
      for (int epoch = 0; epoch < 3; epoch++) {
        batches[epoch] += reports.get(epoch).batches();
      }
    }
    assertThat(batches).as("of each epoch, over all pullers").containsExactly(2, 2, 2);
  }

  @Test
  void shouldCountItsOwnEpochsWhenAPullerJoinsInTheMiddle() throws Exception {
    TensorSender sender = sender("zrpush", TensorcomConfig.defaults());
    TensorReceiver early = receiver("zrpull", TensorcomConfig.defaults(), List.of(sender));
    List<TensorReceiver> late = new ArrayList<>();
    assertThat(sender.awaitPeers(1, SOON)).isTrue();
    sender.serveEpochs(
        3,
        epoch ->
            IntStream.range(0, 40)
                .mapToObj(
                    i -> {
                      if (epoch == 1 && i == 20) {
                        late.add(join(sender));
                      }
                      return batch(sender, i, 1000);
                    })
                .iterator(),
        ServeOptions.forEver());

    List<EpochReport> reports = readAll(late.get(0));

    assertThat(reports).hasSize(2).allMatch(each -> each.end() == EpochReport.End.TOLD);
    List<EpochReport> all = readAll(early);
    assertThat(all).hasSize(3);
    assertThat(all.get(1).batches() + reports.get(0).batches()).isEqualTo(40);
    assertThat(all.get(2).batches() + reports.get(1).batches()).isEqualTo(40);
  }

  private TensorReceiver join(TensorSender sender) {
    try {
      TensorReceiver receiver = receiver("zrpull", TensorcomConfig.defaults(), List.of(sender));
      assertThat(sender.awaitPeers(2, SOON)).isTrue();
      return receiver;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void shouldNotDropTheEndWhenASubscriberIsSlowAndOthersAreDropped() throws Exception {
    TensorcomConfig dropping =
        TensorcomConfig.builder().hwm(1).slowPeerWait(Duration.ofMillis(1)).build();
    TensorSender sender = sender("zpub", dropping);
    TensorReceiver receiver =
        receiver("zsub", TensorcomConfig.builder().hwm(1).build(), List.of(sender));
    assertThat(sender.awaitPeers(1, SOON)).isTrue();
    int count = 60;
    for (int i = 0; i < count - 1; i++) {
      try (TensorBatch batch = batch(sender, i, 1_000_000)) {
        assertThat(sender.send(batch, SOON)).isEqualTo(SendResult.SENT);
      }
    }
    try (TensorBatch batch = batch(sender, count - 1, 1_000_000)) {
      assertThat(sender.send(batch, SOON, BatchMark.endOfEpoch(true))).isEqualTo(SendResult.SENT);
    }

    List<Long> numbers = new ArrayList<>();
    for (TensorBatch batch : receiver) {
      try (batch) {
        numbers.add(batch.get(0).data().getLong(0));
      }
    }

    assertThat(numbers).endsWith((long) count - 1).isSorted();
    long dropped = sender.stats().socket().dropEvents();
    assertThat(dropped).as("the subscriber must have been slow").isPositive();
    assertThat(numbers).hasSize((int) (count - dropped));
    StreamStats stream = receiver.stats().streams().get(0);
    assertThat(stream.missing()).isEqualTo(dropped);
    assertThat(stream.lossLine())
        .isEqualTo("lost " + dropped + " of " + count + " from " + place(sender));
  }

  private static String place(TensorSender sender) {
    return sender.boundEndpoints().get(0).replace("tcp://", "");
  }

  @Test
  void shouldThrowOnceAndGoOnWhenMoreIsLostThanAllowed() throws Exception {
    TensorcomConfig dropping =
        TensorcomConfig.builder().hwm(1).slowPeerWait(Duration.ofMillis(1)).build();
    TensorSender sender = sender("zpub", dropping);
    TensorcomConfig strict =
        TensorcomConfig.builder().hwm(1).streams(StreamOptions.DEFAULT.withMaxLost(0)).build();
    TensorReceiver receiver = receiver("zsub", strict, List.of(sender));
    assertThat(sender.awaitPeers(1, SOON)).isTrue();
    for (int i = 0; i < 60; i++) {
      try (TensorBatch batch = batch(sender, i, 1_000_000)) {
        sender.send(batch, SOON, i == 59 ? BatchMark.endOfEpoch(true) : BatchMark.NONE);
      }
    }
    assertThat(sender.stats().socket().dropEvents()).isPositive();
    List<Long> numbers = new ArrayList<>();
    List<BatchLossException> thrown = new ArrayList<>();

    while (!receiver.isEnded()) {
      try (TensorBatch batch = receiver.receive()) {
        numbers.add(batch.get(0).data().getLong(0));
      } catch (BatchLossException e) {
        thrown.add(e);
      }
    }

    assertThat(thrown).isNotEmpty();
    assertThat(thrown.get(0)).hasMessageContaining(place(sender));
    assertThat(thrown.stream().map(BatchLossException::lost).toList())
        .as("thrown again only when more was lost")
        .doesNotHaveDuplicates()
        .isSorted()
        .endsWith(sender.stats().socket().dropEvents());
    assertThat(numbers).as("what came is not lost by the exception").endsWith(59L);
    assertThat(numbers).hasSize((int) (60 - sender.stats().socket().dropEvents()));
  }

  @Test
  void shouldNameTheServerAndGoOnWhenOneDiesInTheMiddleOfAnEpoch() throws Exception {
    TensorSender dying = sender("zrpush", TensorcomConfig.defaults());
    TensorSender living = sender("zrpush", TensorcomConfig.defaults());
    TensorReceiver receiver =
        receiver("zrpull", TensorcomConfig.defaults(), List.of(dying, living));
    String address = dying.boundEndpoints().get(0);
    try (TensorBatch batch = batch(dying, 0, 1000)) {
      dying.send(batch, SOON);
    }
    dying.close(SOON);
    living.serveEpochs(1, e -> batches(living, 10), ServeOptions.forEver());

    List<EpochReport> reports = readAll(receiver);

    assertThat(reports).hasSize(1);
    assertThat(reports.get(0).batches()).isEqualTo(11);
    assertThat(reports.get(0).gone()).containsExactly(address);
  }

  @Test
  void shouldEndTheEpochByTheDeadlineWhenAServerFallsSilent() throws Exception {
    TensorSender silent = sender("zrpush", TensorcomConfig.defaults());
    TensorReceiver receiver = receiver("zrpull", TensorcomConfig.defaults(), List.of(silent));
    try (TensorBatch batch = batch(silent, 0, 1000)) {
      silent.send(batch, SOON);
    }
    EpochReader reader = new EpochReader(receiver, Duration.ofMillis(300));

    TensorBatch first = reader.next();
    assertThat(first).isNotNull();
    first.close();

    assertThat(reader.next()).isNull();
    assertThat(reader.report().end()).isEqualTo(EpochReport.End.SILENCE);
    assertThat(reader.report().unfinished()).containsExactly(silent.boundEndpoints().get(0));
  }

  @Test
  void shouldHandOutWhatHasComeWhenTheReceiverFinishes() throws Exception {
    TensorSender sender = sender("zrpush", TensorcomConfig.defaults());
    TensorReceiver receiver = receiver("zrpull", TensorcomConfig.defaults(), List.of(sender));
    for (int i = 0; i < 20; i++) {
      try (TensorBatch batch = batch(sender, i, 1000)) {
        sender.send(batch, SOON);
      }
    }
    long deadline = System.nanoTime() + SOON.toNanos();
    while (receiver.stats().socket().messages() < 20) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }

    receiver.finish();

    List<Long> numbers = new ArrayList<>();
    for (TensorBatch batch : receiver) {
      try (batch) {
        numbers.add(batch.get(0).data().getLong(0));
      }
    }
    assertThat(numbers)
        .isEqualTo(IntStream.range(0, 20).mapToObj(i -> (long) i).collect(Collectors.toList()));
    assertThat(receiver.isClosed()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void shouldSayWhatWasLeftWhenNobodyTakesItBeforeTheDrainDeadline(int pullers) throws Exception {
    TensorSender sender = sender("zrpush", TensorcomConfig.builder().hwm(4).build());
    TensorcomConfig small = TensorcomConfig.builder().hwm(1).build();
    List<TensorReceiver> receivers =
        Stream.generate(() -> receiver("zrpull", small, List.of(sender))).limit(pullers).toList();
    assertThat(sender.awaitPeers(pullers, SOON)).isTrue();
    long taken = 0;
    try (TensorBatch batch = batch(sender, 0, 8_000_000)) {
      while (sender.send(batch, Duration.ofSeconds(2)) == SendResult.SENT) {
        taken++;
      }
    }

    DrainReport report = sender.close(Duration.ofMillis(200));

    assertThat(report.complete()).isFalse();
    assertThat(report.batches()).isEqualTo(taken);
    long received = 0;
    for (TensorReceiver receiver : receivers) {
      for (TensorBatch batch = receiver.poll(Duration.ofSeconds(2));
          batch != null;
          batch = receiver.poll(Duration.ofSeconds(2))) {
        batch.close();
        received++;
      }
    }
    assertThat(report.undeliveredByPeer()).as("what was given to each").hasSize(pullers);
    assertThat(report.undeliveredByPeer().values()).allMatch(left -> left == 1 || left == 2);
    assertThat(report.undelivered()).isEqualTo(taken - received);
  }

  @Test
  void shouldEndTheStreamWithTheEpochBeforeWhenOneHasNoBatches() throws Exception {
    TensorSender sender = sender("zpub", TensorcomConfig.defaults());
    TensorReceiver receiver = receiver("zsub", TensorcomConfig.defaults(), List.of(sender));
    assertThat(sender.awaitPeers(1, SOON)).isTrue();

    assertThatThrownBy(
            () ->
                sender.serveEpochs(3, e -> batches(sender, e == 1 ? 0 : 4), ServeOptions.forEver()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("an epoch without batches: 1");

    List<EpochReport> reports = readAll(receiver);
    assertThat(reports).extracting(EpochReport::batches).containsExactly(4L);
    assertThat(reports).extracting(EpochReport::end).containsExactly(EpochReport.End.TOLD);
  }

  @Test
  void shouldRefuseWhenAnEpochHasNoBatches() {
    TensorSender sender = sender("zpub", TensorcomConfig.defaults());

    assertThatThrownBy(
            () ->
                sender.serveEpochs(
                    1, e -> List.<TensorBatch>of().iterator(), ServeOptions.forEver()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("without batches");
  }
}
