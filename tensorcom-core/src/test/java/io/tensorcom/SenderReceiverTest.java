// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.codec.Encoding;
import io.tensorcom.codec.MalformedBatchException;
import io.tensorcom.stream.StreamOptions;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.ScarceMemory;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import io.tensorcom.transport.Message;
import io.tensorcom.transport.MessageSink;
import io.tensorcom.transport.SendResult;
import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.SocketStats;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.TransportException;
import io.tensorcom.transport.jeromq.JeroMqTransport;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user sees, over real sockets. */
@Timeout(60)
final class SenderReceiverTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private static TensorReceiver receiverOf(TensorSender sender, String scheme, String... more) {
    List<String> urls = new ArrayList<>(List.of(more));
    sender.boundEndpoints().forEach(endpoint -> urls.add(endpoint.replace("tcp", scheme)));
    return TensorReceiver.open(urls.toArray(new String[0]));
  }

  @ParameterizedTest
  @EnumSource(Encoding.class)
  void shouldReceiveWhatWasServedWhenSourceEnds(Encoding encoding) throws Exception {
    TensorcomConfig config = TensorcomConfig.builder().encoding(encoding).build();
    try (TensorSender sender = TensorSender.open(config, "zrpush://127.0.0.1:0");
        TensorReceiver receiver = receiverOf(sender, "zrpull")) {
      List<Long> reports = new ArrayList<>();
      Thread server =
          new Thread(
              () -> {
                try {
                  ServeReport report =
                      sender.serve(
                          IntStream.range(0, 30).mapToObj(i -> Batches.numbered(sender.pool(), i)),
                          ServeOptions.patient(SOON).reporting(10, (n, stats) -> reports.add(n)));
                  assertThat(report.batches()).isEqualTo(30);
                  assertThat(report.end()).isEqualTo(SendResult.SENT);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      server.start();

      TensorPool local = TensorPool.ofBudget(1 << 20);
      for (int i = 0; i < 30; i++) {
        try (TensorBatch batch = receiver.receive();
            TensorBatch expected = Batches.numbered(local, i)) {
          assertThat(Batches.describe(batch)).isEqualTo(Batches.describe(expected));
        }
      }
      server.join();
      assertThat(reports).containsExactly(10L, 20L, 30L);
      assertThat(receiver.stats().batches()).isEqualTo(30);
      assertThat(receiver.pool().stats().leases()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', true, false",
    "?checksum=true, true, true",
    "?extension=false, false, false",
    "?extension=false&checksum=true, false, false"
  })
  void shouldTellOfABatchWhatTheUrlSaysWhenItIsSent(
      String options, boolean extension, boolean checksum) throws Exception {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0" + options);
        TensorReceiver receiver = receiverOf(sender, "zrpull")) {
      try (TensorBatch batch = Batches.numbered(sender.pool(), 1)) {
        assertThat(sender.send(batch, SOON)).isEqualTo(SendResult.SENT);
      }

      try (TensorBatch batch = receiver.receive()) {
        BatchOrigin origin = batch.origin();
        assertThat(origin != null).as("extension").isEqualTo(extension);
        long flags = origin == null ? 0 : origin.flags();
        assertThat((flags & BatchOrigin.CHECKSUM) != 0).as("checksum").isEqualTo(checksum);
      }
    }
  }

  @Test
  void shouldHearEveryServerWhenThereAreSeveralUrls() throws Exception {
    try (TensorSender first = TensorSender.open("zrpush://127.0.0.1:0", "zrpush://127.0.0.1:0");
        TensorSender second = TensorSender.open("zrpush://127.0.0.1:0");
        TensorReceiver receiver =
            receiverOf(first, "zrpull", second.boundEndpoints().get(0).replace("tcp", "zrpull"))) {
      assertThat(first.boundEndpoints()).hasSize(2).doesNotHaveDuplicates();
      for (TensorSender sender : List.of(first, second)) {
        try (TensorBatch batch = Batches.numbered(sender.pool(), 1)) {
          assertThat(sender.send(batch, SOON)).isEqualTo(SendResult.SENT);
        }
      }
      receiver.receive().close();
      receiver.receive().close();
    }
  }

  @Test
  void shouldReturnTheBufferOnceWhenAUsersOwnIsSent() throws Exception {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0");
        TensorReceiver receiver = receiverOf(sender, "zrpull")) {
      ByteBuffer own = ByteBuffer.allocateDirect(1 << 20);
      TensorBatch batch = TensorBatch.of(Tensor.wrap(DType.INT8, own, null, 1 << 20));
      sender.send(batch, SOON);
      receiver.receive().close();

      batch.close();
      sender.close(SOON);

      assertThat(batch.whenReleased().toCompletableFuture()).isCompleted();
    }
  }

  @Test
  void shouldNamePeersAndPoolWhenNothingComesInTime() {
    TensorcomConfig config =
        TensorcomConfig.builder().receiveTimeout(Duration.ofMillis(20)).build();
    try (TensorReceiver receiver = TensorReceiver.open(config, "zpull://127.0.0.1:0")) {
      assertThatThrownBy(receiver::receive)
          .isInstanceOfSatisfying(
              ReceiveTimeoutException.class, e -> assertThat(e.peers()).isZero())
          .hasMessageContaining("no batch within 20 ms: urls=[zpull://127.0.0.1:0], peers=0")
          .hasMessageEndingWith("nobody is connected");
    }
  }

  @Test
  void shouldSaySoWhenTheApplicationHoldsEveryLease() throws Exception {
    TensorcomConfig config =
        TensorcomConfig.builder().receiveTimeout(Duration.ofMillis(500)).build();
    List<TensorBatch> hoard = new ArrayList<>();
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0");
        TensorReceiver receiver =
            TensorReceiver.open(
                config, sender.boundEndpoints().get(0).replace("tcp", "zrpull") + "?pool=2m")) {
      Thread server =
          new Thread(
              () -> {
                try (TensorBatch batch =
                    TensorBatch.of(Tensor.allocate(sender.pool(), DType.INT8, 900_000))) {
                  while (sender.send(batch, SOON) == SendResult.SENT) {
                    // Sends until the sender is closed.
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      server.start();
      // Two slabs of 1 MiB are all there is.
      for (int i = 0; i < 2; i++) {
        TensorBatch batch = receiver.poll(SOON);
        assertThat(batch).isNotNull();
        hoard.add(batch);
      }
      assertThatThrownBy(receiver::receive)
          .isInstanceOf(ReceiveTimeoutException.class)
          .hasMessageEndingWith("the application holds batches: close them");

      hoard.forEach(TensorBatch::close);
      TensorBatch next = receiver.poll(SOON);
      assertThat(next).isNotNull();
      next.close();
      sender.close(Duration.ZERO);
      server.join();
    }
  }

  @Test
  void shouldNameDirectMemoryAndGoOnWhenTheJvmHasNoneForAWhile() throws Exception {
    ScarceMemory memory = new ScarceMemory();
    TensorPool pool = memory.pool(4 << 20);
    memory.setSpent(true);
    TensorcomConfig config = TensorcomConfig.builder().receiveTimeout(SOON).pool(pool).build();
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0");
        TensorReceiver receiver =
            TensorReceiver.open(config, sender.boundEndpoints().get(0).replace("tcp", "zrpull"));
        TensorBatch batch = TensorBatch.of(Tensor.allocate(sender.pool(), DType.INT8, 900_000))) {
      assertThat(sender.send(batch, SOON)).isEqualTo(SendResult.SENT);
      assertThat(receiver.awaitPeers(1, SOON)).isTrue();
      while (!pool.stats().refused()) {
        Thread.onSpinWait();
      }
      assertThat(
              new ReceiveTimeoutException(
                  SOON, receiver.urls(), receiver.stats(), pool.stats(), ""))
          .hasMessageContaining("; the JVM has no direct memory: raise -XX:MaxDirectMemorySize");

      memory.setSpent(false);
      receiver.receive().close();
    }
    assertThat(pool.stats().leases()).isZero();
  }

  private static void sendRaw(MessageSink sink, byte[]... frames) throws InterruptedException {
    ByteBuffer[] pieces = new ByteBuffer[frames.length];
    for (int i = 0; i < frames.length; i++) {
      pieces[i] = ByteBuffer.wrap(frames[i]);
    }
    sink.send(Message.outbound(pieces, false, () -> {}), SOON);
  }

  @ParameterizedTest
  @EnumSource(TensorcomConfig.OnMalformed.class)
  void shouldCountAndSkipOrThrowWhenBatchIsMalformed(TensorcomConfig.OnMalformed onMalformed)
      throws Exception {
    TensorcomConfig config = TensorcomConfig.builder().onMalformed(onMalformed).build();
    TensorPool pool = TensorPool.ofBudget(1 << 20);
    try (MessageSink sink =
        new JeroMqTransport().openSink(SocketRole.PUSH, SocketOptions.of(pool))) {
      TransportAddress address = sink.bind(TransportAddress.tcp("127.0.0.1", 0));
      String url = address.toString().replace("tcp", "zrpull");
      try (TensorReceiver receiver = TensorReceiver.open(config, url)) {
        sendRaw(sink, "rubbish".getBytes(StandardCharsets.US_ASCII), new byte[5000]);

        if (onMalformed == TensorcomConfig.OnMalformed.THROW) {
          assertThatThrownBy(() -> receiver.poll(SOON))
              .isInstanceOf(MalformedBatchException.class)
              .hasMessageContaining(address.toString());
        } else {
          long deadline = System.nanoTime() + SOON.toNanos();
          while (receiver.stats().malformed() == 0) {
            assertThat(receiver.poll(Duration.ofMillis(10))).isNull();
            assertThat(System.nanoTime()).as("time to skip").isLessThan(deadline);
          }
        }
        assertThat(receiver.stats().malformed()).isEqualTo(1);
        awaitClosed(receiver, "malformed_batch");
        assertThat(receiver.pool().stats().leases()).isZero();
      }
    }
  }

  /** The connection of a bad peer is ended, on the receiver's own thread. */
  private static void awaitClosed(TensorReceiver receiver, String reason) {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!receiver.stats().socket().closed().containsKey(reason)) {
      assertThat(System.nanoTime()).as("time to close: %s", reason).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldEndIterationWhenReceiverIsClosed() throws Exception {
    TensorReceiver receiver = TensorReceiver.open("zpull://127.0.0.1:0");
    Thread closer = new Thread(receiver::close);
    closer.start();

    for (TensorBatch batch : receiver) {
      batch.close();
    }
    closer.join();

    assertThatThrownBy(receiver::receive)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("receiver is closed");
  }

  @Test
  void shouldNotSendWhenTheNetworkCannotCarryTheBatch() {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?max=1k")) {
      try (TensorBatch batch = TensorBatch.of(Tensor.allocate(sender.pool(), DType.INT8, 2000))) {
        assertThatThrownBy(() -> sender.send(batch, SOON)).hasMessageContaining("message bytes");
      }
      try (TensorBatch scalar = TensorBatch.of(Tensor.allocate(sender.pool(), DType.INT8))) {
        assertThatThrownBy(() -> sender.send(scalar, SOON)).hasMessageContaining("rank 0");
      }
      assertThatThrownBy(() -> sender.send(TensorBatch.of(), SOON)).hasMessageContaining("empty");
      assertThat(sender.pool().stats().leases()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"zpull://127.0.0.1:0", "zrpull://127.0.0.1:1", "zsub://127.0.0.1:1#f4"})
  void shouldRefuseToKeepALimitOfLossesWhenTheReceiverCannotKnowThem(String url) {
    TensorcomConfig strict =
        TensorcomConfig.builder().streams(StreamOptions.DEFAULT.withMaxLost(7)).build();
    List<ThrowingCallable> openings =
        List.of(
            () -> TensorReceiver.open(strict, url),
            () -> TensorReceiver.open(url.replaceFirst("(#|$)", "?maxlost=7$1")));
    for (ThrowingCallable opening : openings) {
      assertThatThrownBy(opening)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("maxlost=7 cannot be kept: urls=[" + url.split("#", 2)[0])
          .hasMessageContaining("(expected: zsub or zrsub without a topic")
          .hasMessageNotContaining("\n");
    }
    TensorReceiver.open(strict, "zsub://127.0.0.1:1", "zsub://127.0.0.1:1#f4").close();
  }

  @Test
  void shouldLeaveNoThreadWhenOpeningFails() {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    assertThatThrownBy(() -> TensorSender.open("zpub+ipc:///no/such/folder/socket"))
        .isInstanceOf(TransportException.class);
    assertThatThrownBy(() -> TensorReceiver.open("zpull://203.0.113.1:7880"))
        .isInstanceOf(TransportException.class)
        .hasMessageStartingWith("cannot bind: endpoint=tcp://203.0.113.1:7880");

    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> !before.contains(thread))
        .noneMatch(thread -> thread.isAlive() && thread.getName().startsWith("tensorcom-"));
  }

  @Test
  void shouldShowPythonsLineWhenStatsArePrinted() {
    AtomicLong clock = new AtomicLong();
    RateMeter meter = new RateMeter(() -> clock.addAndGet(50_000_000));
    for (int i = 0; i < 1500; i++) {
      meter.count(1000);
    }

    assertThat(meter.rates()).containsExactly(20, 20_000);
    assertThat(
            new TransferStats(
                1,
                1,
                20,
                20_000,
                0,
                SocketStats.withoutPeers(0, 0, 0, 0, 0, 0, 0),
                MembershipStats.NONE,
                List.of(),
                0,
                0,
                0))
        .hasToString("rate 20.000000 msg/s throughput 2.00e+04 bytes/s");
  }
}
