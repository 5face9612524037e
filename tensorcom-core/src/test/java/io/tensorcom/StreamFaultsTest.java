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
import io.tensorcom.testkit.Growth;
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
 * {@code -Dtensorcom.faults.steps=N} takes more steps, {@code -Dtensorcom.faults.seed=S} others. A
 * seed replays the actions and their order; what they meet depends on the threads and the machine.
 */
@Timeout(1200)
final class StreamFaultsTest {
  private static final int STEPS = Integer.getInteger("tensorcom.faults.steps", 60);
  private static final long SEED = Long.getLong("tensorcom.faults.seed", System.nanoTime());
  private static final int SERVERS = 2;
  private static final int RECEIVERS = 2;
  private static final int STEPS_OF_A_WINDOW = 10;
  private static final int STEPS_TO_GROW_IN = 200;
  private static final int CALM_BATCHES = 8;
  private static final long BYTES_PER_BATCH_WRITTEN_DOWN = 200;
  private static final Duration SOON = Duration.ofSeconds(60);

  private final Random random = new Random(SEED);
  private final TruthLog truth = new TruthLog(SERVERS, RECEIVERS);
  private final TensorPool pool = TensorPool.builder().budgetBytes(64 << 20).checked(true).build();
  private final List<TensorSender> senders = new ArrayList<>();
  private final List<FaultProxy> proxies = new ArrayList<>();
  private final List<TensorReceiver> receivers = new ArrayList<>();
  private final FaultWindows windows = new FaultWindows(SERVERS);

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

  private void fault(int server) {
    FaultProxy proxy = proxies.get(server);
    int kind = random.nextInt(8);
    if (kind < 6) {
      windows.open(server);
    }
    switch (kind) {
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
    fault(server);
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
    assertThat(senders.get(server).awaitPeers(RECEIVERS, SOON)).isTrue();
    long first = truth.sent(server);
    long deadline = System.nanoTime() + SOON.toNanos();
    for (int index = 0; index < RECEIVERS; index++) {
      int receiver = index;
      do {
        assertThat(System.nanoTime()).as("all hear again").isLessThan(deadline);
        send(server, BatchMark.NONE);
      } while (!truth.await(
          () -> truth.lastArrival(receiver, server) >= first, Duration.ofMillis(20)));
    }
  }

  /** Ends all faults, and then loses nothing. */
  private void calm(String sends) throws InterruptedException {
    proxies.forEach(FaultProxy::heal);
    for (int server = 0; server < SERVERS; server++) {
      int sender = server;
      if (windows.isOpen(server)) {
        sendUntilAllHear(server);
      }
      windows.close(server, truth.sent(server));
      for (int i = 0; i < CALM_BATCHES; i++) {
        send(server, BatchMark.NONE);
        // One after the other: a publisher drops for readers that do not keep up.
        assertThat(truth.await(() -> heard(sends, sender), SOON))
            .as("batch %d of server %d, without faults", truth.sent(server) - 1, server)
            .isTrue();
      }
      windows.close(server, truth.sent(server));
    }
  }

  private boolean heard(String sends, int server) {
    long last = truth.sent(server) - 1;
    return sends.equals("zpub")
        ? LongStream.range(0, RECEIVERS).allMatch(i -> truth.lastArrival((int) i, server) == last)
        : truth.allCame(server, last);
  }

  /** Takes random steps with calm between them. */
  private void takeSteps(String sends) throws InterruptedException {
    Growth early = null;
    for (int i = 0; i < STEPS; i++) {
      step();
      if (i % STEPS_OF_A_WINDOW == STEPS_OF_A_WINDOW - 1) {
        calm(sends);
        boolean warm = STEPS >= STEPS_TO_GROW_IN && i >= STEPS / 5;
        early = early == null && warm ? Growth.now(pool) : early;
      }
    }
    if (early != null) {
      Growth late = Growth.now(pool);
      System.out.printf("faults: %s after a fifth of the steps, %s after all%n", early, late);
      long batches = truth.sent(0) + truth.sent(1);
      early.assertNotExceeded(late, RECEIVERS * batches * BYTES_PER_BATCH_WRITTEN_DOWN);
    }
  }

  /** Flips bits until batches were found that were altered. */
  private void flipBits() throws InterruptedException {
    long malformed = 0;
    long deadline = System.nanoTime() + SOON.toNanos();
    while (malformed < 3) {
      assertThat(System.nanoTime()).as("flips must have been found").isLessThan(deadline);
      for (int server = 0; server < SERVERS; server++) {
        windows.open(server);
        proxies.get(server).flip(1);
        send(server, BatchMark.NONE);
      }
      malformed = receivers.stream().mapToLong(each -> each.stats().malformed()).sum();
    }
    proxies.forEach(FaultProxy::heal);
  }

  @FunctionalInterface
  private interface Course {
    void run() throws InterruptedException;
  }

  private void run(String sends, String receives, Course course) throws Exception {
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
      for (int server = 0; server < SERVERS; server++) {
        windows.open(server);
      }
      calm(sends);
      course.run();
      calm(sends);
      for (int server = 0; server < SERVERS; server++) {
        send(server, BatchMark.endOfEpoch(true));
      }
      for (Future<Void> each : reading) {
        each.get(60, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private void assertPullersAgreeWithTheTruth() {
    List<StreamReport.Verdict> verdicts =
        StreamReport.merge(receivers.stream().map(TensorReceiver::streamReport).toList());
    long lost = 0;
    long sent = 0;
    for (int server = 0; server < SERVERS; server++) {
      long all = truth.sent(server);
      Set<Long> missing = missing(truth.arrivalsAnywhere(server), 0, all);
      windows.assertContain(server, missing);
      lost += missing.size();
      sent += all;
      long stream = streamOf(server);
      StreamReport.Verdict verdict =
          verdicts.stream().filter(each -> each.streamId() == stream).findFirst().orElseThrow();
      assertThat(verdict.sent()).isEqualTo(all);
      assertThat(verdict.tailUnknown()).isFalse();
      assertThat(numbers(verdict.missing())).as("reported of server %d", server).isEqualTo(missing);
    }
    System.out.printf(
        "faults: PUSH/PULL, seed %d: %,d batches sent, %,d lost, all of them reported and within"
            + " windows of faults; %,d connections cut%n",
        SEED, sent, lost, resets());
  }

  private long resets() {
    return proxies.stream().mapToLong(FaultProxy::resets).sum();
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

  private static Set<Long> numbers(List<SequenceRange> ranges) {
    Set<Long> numbers = new HashSet<>();
    ranges.forEach(
        range -> LongStream.rangeClosed(range.first(), range.last()).forEach(numbers::add));
    return numbers;
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

  private void assertSubscribersAgreeWithTheTruth() {
    long lost = 0;
    long sent = 0;
    for (int index = 0; index < RECEIVERS; index++) {
      assertThat(receivers.get(index).stats().streams()).hasSize(SERVERS);
      for (StreamStats stream : receivers.get(index).stats().streams()) {
        int server = stream.streamId() == streamOf(0) ? 0 : 1;
        List<Long> came = truth.arrivals(index, server);
        assertThat(came).as("order at %d of %d", index, server).isSorted().doesNotHaveDuplicates();
        Set<Long> missing = missing(new HashSet<>(came), came.get(0), truth.sent(server));
        windows.assertContain(server, missing);
        assertThat(stream.received()).isEqualTo(came.size());
        assertThat(stream.missing()).isEqualTo(missing.size());
        if (stream.gaps().size() < 100) {
          assertThat(numbers(stream.gaps())).isEqualTo(missing);
        }
        lost += missing.size();
        sent += truth.sent(server);
      }
    }
    System.out.printf(
        "faults: PUB/SUB, seed %d: %,d batches for subscribers, %,d lost, all of them reported and"
            + " within windows of faults; %,d connections cut%n",
        SEED, sent, lost, resets());
  }

  @ParameterizedTest
  @CsvSource("zrpush, zrpull")
  void shouldAccountForEveryBatchWhenPushersLoseTheirConnections(String sends, String receives)
      throws Exception {
    run(sends, receives, () -> takeSteps(sends));

    assertPullersAgreeWithTheTruth();
    close();
  }

  @ParameterizedTest
  @CsvSource("zpub, zsub")
  void shouldReportEveryGapWhenSubscribersLoseTheirConnections(String sends, String receives)
      throws Exception {
    run(sends, receives, () -> takeSteps(sends));

    assertSubscribersAgreeWithTheTruth();
    close();
  }

  @ParameterizedTest
  @CsvSource({"zrpush, zrpull", "zpub, zsub"})
  void shouldHandOutNothingAlteredAndReportTheRestWhenTheNetworkFlipsBits(
      String sends, String receives) throws Exception {
    run(sends, receives, this::flipBits);

    if (sends.equals("zpub")) {
      assertSubscribersAgreeWithTheTruth();
    } else {
      assertPullersAgreeWithTheTruth();
    }
    close();
  }
}
