// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.SequenceRange;
import io.tensorcom.stream.StreamOptions;
import io.tensorcom.stream.StreamReport;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.FaultProxy;
import io.tensorcom.testkit.TruthLog;
import io.tensorcom.transport.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Streams over a network with faults at random, judged by a log written outside of the library.
 * {@code -Dtensorcom.faults.steps=N} takes more steps, {@code -Dtensorcom.faults.seed=S} others.
 */
@Timeout(1200)
final class StreamFaultsTest {
  private static final int STEPS = Integer.getInteger("tensorcom.faults.steps", 60);
  private static final long SEED = Long.getLong("tensorcom.faults.seed", System.nanoTime());
  private static final int SERVERS = 2;
  private static final int RECEIVERS = 2;
  private static final Duration SOON = Duration.ofSeconds(60);

  private final Random random = new Random(SEED);
  private final TruthLog truth = new TruthLog(SERVERS, RECEIVERS);
  private final TensorPool pool = TensorPool.builder().budgetBytes(64 << 20).checked(true).build();
  private final List<TensorSender> senders = new ArrayList<>();
  private final List<FaultProxy> proxies = new ArrayList<>();
  private final List<TensorReceiver> receivers = new ArrayList<>();

  private void open(String sends, String receives) {
    TensorcomConfig config =
        TensorcomConfig.builder()
            .pool(pool)
            .maxMessageBytes(1 << 20)
            .slowPeerWait(Duration.ofMillis(50))
            .streams(StreamOptions.DEFAULT.withChecksum(true))
            .build();
    for (int i = 0; i < SERVERS; i++) {
      senders.add(TensorSender.open(config, sends + "://127.0.0.1:0"));
      String bound = senders.get(i).boundEndpoints().get(0);
      int port = Integer.parseInt(bound.substring(bound.lastIndexOf(':') + 1));
      proxies.add(new FaultProxy(port, SEED + i));
    }
    for (int i = 0; i < RECEIVERS; i++) {
      String[] urls =
          proxies.stream()
              .map(proxy -> receives + "://127.0.0.1:" + proxy.port())
              .toArray(String[]::new);
      receivers.add(TensorReceiver.open(config, urls));
    }
  }

  private void close() {
    senders.forEach(TensorSender::close);
    receivers.forEach(TensorReceiver::close);
    for (FaultProxy proxy : proxies) {
      proxy.close();
    }
    assertThat(pool.stats().leases()).as("leases that were not given back").isZero();
  }

  private Void receiveAll(int index) throws InterruptedException {
    TensorReceiver receiver = receivers.get(index);
    while (!receiver.isClosed()) {
      try (TensorBatch batch = receiver.poll(Duration.ofMillis(20))) {
        if (batch != null) {
          truth.arrived(index, batch);
        }
      }
      if (receiver.isEnded()) {
        return null;
      }
    }
    return null;
  }

  private void fault(FaultProxy proxy) {
    switch (random.nextInt(8)) {
      case 0, 1 -> proxy.reset();
      case 2 -> proxy.setLatencyNanos(random.nextInt(3_000_000));
      case 3 -> proxy.setBytesPerSecond(2_000_000 + random.nextInt(50_000_000));
      case 4 -> proxy.setSlice(1 + random.nextInt(3000));
      case 5 -> proxy.setSilent(true);
      default -> proxy.heal();
    }
  }

  private void send(int server, BatchMark mark) throws InterruptedException {
    try (TensorBatch batch = truth.next(pool, server)) {
      assertThat(senders.get(server).send(batch, SOON, mark)).isEqualTo(SendResult.SENT);
    }
  }

  /** What is sent while nothing moves would only wait: silence ends before the next step. */
  private void step() throws InterruptedException {
    int server = random.nextInt(SERVERS);
    fault(proxies.get(server));
    int burst = random.nextInt(4);
    if (random.nextBoolean()) {
      // Otherwise a publisher would be done before its subscribers are back.
      senders.get(server).awaitPeers(RECEIVERS, Duration.ofSeconds(2));
    }
    proxies.forEach(proxy -> proxy.setSilent(false));
    for (int i = 0; i < burst; i++) {
      send(server, BatchMark.NONE);
    }
  }

  /**
   * A connection that was cut counts until its end is noticed: only arrivals prove that all hear.
   */
  private void sendUntilAllHear(int server) throws InterruptedException {
    long first = truth.sent(server);
    long deadline = System.nanoTime() + SOON.toNanos();
    for (int index = 0; index < RECEIVERS; index++) {
      while (truth.lastArrival(index, server) < first) {
        assertThat(System.nanoTime()).as("all hear again").isLessThan(deadline);
        send(server, BatchMark.NONE);
        senders.get(server).awaitPeers(RECEIVERS + 1, Duration.ofMillis(5));
      }
    }
  }

  private void run(String sends, String receives) throws Exception {
    System.out.printf("faults: -Dtensorcom.faults.seed=%d, %d steps%n", SEED, STEPS);
    open(sends, receives);
    ExecutorService threads = Executors.newFixedThreadPool(RECEIVERS);
    try {
      for (TensorSender sender : senders) {
        assertThat(sender.awaitPeers(RECEIVERS, SOON)).isTrue();
      }
      List<Future<Void>> reading = new ArrayList<>();
      for (int i = 0; i < RECEIVERS; i++) {
        int index = i;
        reading.add(threads.submit(() -> receiveAll(index)));
      }
      for (int i = 0; i < STEPS; i++) {
        step();
      }
      proxies.forEach(FaultProxy::heal);
      for (int server = 0; server < SERVERS; server++) {
        assertThat(senders.get(server).awaitPeers(RECEIVERS, SOON)).isTrue();
        if (sends.equals("zpub")) {
          sendUntilAllHear(server);
        }
        send(server, BatchMark.endOfEpoch(true));
      }
      for (Future<Void> each : reading) {
        each.get(60, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @ParameterizedTest
  @CsvSource("zrpush, zrpull")
  void shouldAccountForEveryBatchWhenPushersLoseTheirConnections(String sends, String receives)
      throws Exception {
    run(sends, receives);

    List<StreamReport.Verdict> verdicts =
        StreamReport.merge(receivers.stream().map(TensorReceiver::streamReport).toList());
    long lost = 0;
    for (int server = 0; server < SERVERS; server++) {
      Set<Long> missing = missing(truth.arrivalsAnywhere(server), 0, truth.sent(server));
      lost += missing.size();
      Set<Long> reported = new HashSet<>();
      long sent = truth.sent(server);
      for (StreamReport.Verdict verdict : verdicts) {
        if (verdict.streamId() == streamOf(server)) {
          assertThat(verdict.sent()).isEqualTo(sent);
          assertThat(verdict.tailUnknown()).isFalse();
          verdict.missing().forEach(range -> numbers(range).forEach(reported::add));
        }
      }
      assertThat(reported).as("reported of server %d", server).isEqualTo(missing);
    }
    System.out.printf("faults: lost %d, all reported%n", lost);
    if (lost > 0) {
      assertThat(proxies.stream().mapToLong(FaultProxy::resets).sum()).isPositive();
    }
    close();
  }

  /** {@return the stream id of a server: that in which exactly its batches came} */
  private long streamOf(int server) {
    String address = "tcp://127.0.0.1:" + proxies.get(server).port();
    return receivers.stream()
        .flatMap(receiver -> receiver.stats().streams().stream())
        .filter(stream -> stream.peer().equals(address))
        .findFirst()
        .orElseThrow()
        .streamId();
  }

  private static LongStream numbers(SequenceRange range) {
    return LongStream.rangeClosed(range.first(), range.last());
  }

  private static Set<Long> missing(Set<Long> came, long from, long to) {
    Set<Long> missing = new HashSet<>();
    for (long number = from; number < to; number++) {
      if (!came.contains(number)) {
        missing.add(number);
      }
    }
    return missing;
  }

  @ParameterizedTest
  @CsvSource("zpub, zsub")
  void shouldReportEveryGapWhenSubscribersLoseTheirConnections(String sends, String receives)
      throws Exception {
    run(sends, receives);

    for (int index = 0; index < RECEIVERS; index++) {
      assertThat(receivers.get(index).stats().streams()).hasSize(SERVERS);
      for (StreamStats stream : receivers.get(index).stats().streams()) {
        int server = stream.streamId() == streamOf(0) ? 0 : 1;
        List<Long> came = truth.arrivals(index, server);
        assertThat(came).as("order at %d of %d", index, server).isSorted().doesNotHaveDuplicates();
        Set<Long> missing = missing(new HashSet<>(came), came.get(0), truth.sent(server));
        assertThat(stream.missing()).isEqualTo(missing.size());
        if (stream.gaps().size() < 100) {
          Set<Long> reported = new HashSet<>();
          stream.gaps().forEach(range -> numbers(range).forEach(reported::add));
          assertThat(reported).isEqualTo(missing);
        }
        System.out.printf("faults: %s%n", stream.lossLine());
      }
    }
    close();
  }

  @ParameterizedTest
  @CsvSource({"zrpush, zrpull", "zpub, zsub"})
  void shouldHandOutNothingAlteredWhenTheNetworkFlipsBits(String sends, String receives)
      throws Exception {
    open(sends, receives);
    for (TensorSender sender : senders) {
      assertThat(sender.awaitPeers(RECEIVERS, SOON)).isTrue();
    }
    ExecutorService threads = Executors.newFixedThreadPool(RECEIVERS);
    List<Future<Void>> reading = new ArrayList<>();
    for (int i = 0; i < RECEIVERS; i++) {
      int index = i;
      reading.add(threads.submit(() -> receiveAll(index)));
    }
    long malformed = 0;
    long deadline = System.nanoTime() + SOON.toNanos();
    while (malformed < 3) {
      assertThat(System.nanoTime()).as("flips must have been found").isLessThan(deadline);
      proxies.forEach(proxy -> proxy.flip(1));
      for (int server = 0; server < SERVERS; server++) {
        send(server, BatchMark.NONE);
      }
      malformed = receivers.stream().mapToLong(each -> each.stats().malformed()).sum();
    }
    proxies.forEach(FaultProxy::heal);
    for (TensorReceiver receiver : receivers) {
      receiver.finish();
    }
    for (Future<Void> each : reading) {
      each.get(60, TimeUnit.SECONDS);
    }
    threads.shutdownNow();
    close();
  }
}
