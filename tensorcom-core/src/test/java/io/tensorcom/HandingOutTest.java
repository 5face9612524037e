// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing is lost, and nothing comes twice, however senders and threads meet at a receiver. */
@Timeout(120)
final class HandingOutTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  private static void send(TensorSender sender, long number, boolean last)
      throws InterruptedException {
    Tensor tensor = Tensor.allocate(sender.pool(), DType.UINT8, 1000);
    tensor.data().putLong(0, number);
    try (TensorBatch batch = TensorBatch.of(tensor)) {
      BatchMark mark = last ? BatchMark.endOfEpoch(true) : BatchMark.NONE;
      assertThat(sender.send(batch, SOON, mark)).isEqualTo(SendResult.SENT);
    }
  }

  private static long numberOf(TensorBatch batch) {
    try (batch) {
      return batch.get(0).data().getLong(0);
    }
  }

  @ParameterizedTest
  @CsvSource({"netty, netty", "netty, jeromq", "jeromq, jeromq"})
  void shouldHandOutAllWhenSendersWereClosedBeforeTheyWereHeard(String senders, String transport)
      throws Exception {
    try (TensorReceiver receiver =
        TensorReceiver.open("zpull://127.0.0.1:0?pool=64M&transport=" + transport)) {
      String place = receiver.boundEndpoints().get(0).replace("tcp", "zpush");
      for (int i = 0; i < 3; i++) {
        TensorSender sender = TensorSender.open(place + "?pool=64M&transport=" + senders);
        // The first has one batch: its end is taken before anything of the others.
        for (int number = i == 0 ? 2 : 0; number < 3; number++) {
          send(sender, 10 * i + number, number == 2);
        }
        assertThat(sender.close(SOON).complete()).isTrue();
      }
      EpochReader reader = new EpochReader(receiver, Duration.ofMinutes(5));

      List<Long> numbers = new ArrayList<>();
      for (TensorBatch batch = reader.next(); batch != null; batch = reader.next()) {
        numbers.add(numberOf(batch));
      }

      assertThat(numbers).containsExactlyInAnyOrder(2L, 10L, 11L, 12L, 20L, 21L, 22L);
      assertThat(reader.isStreamEnded()).isTrue();
    }
  }

  @Test
  void shouldHandOutOnceAndEndWhenAServerHasTwoAddresses() throws Exception {
    try (TensorSender sender = TensorSender.open("zpub://*:0?pool=64M")) {
      String port = sender.boundEndpoints().get(0).replaceAll(".*:", "");
      String url = "zsub://127.0.0.{1,2}:" + port + "?pool=64M&maxlost=0";
      try (TensorReceiver receiver = TensorReceiver.open(url)) {
        assertThat(sender.awaitPeers(2, SOON)).isTrue();
        for (int i = 0; i < 10; i++) {
          send(sender, i, i == 9);
        }

        List<Long> numbers = new ArrayList<>();
        receiver.forEach(batch -> numbers.add(numberOf(batch)));

        assertThat(numbers).isEqualTo(LongStream.range(0, 10).boxed().toList());
        assertThat(receiver.stats().streams()).hasSize(1);
        assertThat(receiver.stats().streams().get(0).duplicates()).isEqualTo(10);
        assertThat(receiver.stats().batches()).isEqualTo(10);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"netty", "jeromq"})
  void shouldReportNoLossWhenSeveralThreadsReceive(String transport) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    String url = "zsub://127.0.0.1:PORT?pool=64M&maxlost=0&transport=" + transport;
    try (TensorSender sender = TensorSender.open("zpub://127.0.0.1:0?pool=64M&slow=30s")) {
      String port = sender.boundEndpoints().get(0).replaceAll(".*:", "");
      try (TensorReceiver receiver = TensorReceiver.open(url.replace("PORT", port))) {
        assertThat(sender.awaitPeers(1, SOON)).isTrue();
        Callable<Long> receive =
            () -> {
              long count = 0;
              while (!receiver.isEnded()) {
                TensorBatch batch = receiver.poll(Duration.ofMillis(50));
                if (batch != null) {
                  batch.close();
                  count++;
                }
              }
              return count;
            };
        List<Future<Long>> receiving = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          receiving.add(threads.submit(receive));
        }
        for (int i = 0; i < 10_000; i++) {
          send(sender, i, i == 9_999);
        }

        long count = 0;
        for (Future<Long> each : receiving) {
          count += each.get(SOON.toSeconds(), TimeUnit.SECONDS);
        }
        StreamStats stream = receiver.stats().streams().get(0);
        assertThat(stream.missing()).isZero();
        assertThat(stream.reordered()).isZero();
        assertThat(count).isEqualTo(10_000);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"netty", "jeromq"})
  void shouldNotCallItCompleteWhenClosingAtOnceDropsWhatIsQueued(String transport)
      throws Exception {
    try (TensorReceiver receiver = TensorReceiver.open("zpull://127.0.0.1:0?pool=64M&hwm=1")) {
      String place = receiver.boundEndpoints().get(0).replace("tcp", "zpush");
      TensorSender idle = TensorSender.open(place + "?transport=" + transport);
      TensorSender sender = TensorSender.open(place + "?pool=256M&transport=" + transport);
      for (int i = 0; i < 8; i++) {
        try (TensorBatch batch =
            TensorBatch.of(Tensor.allocate(sender.pool(), DType.UINT8, 16 << 20))) {
          // Nobody takes them: some time it has no room.
          sender.send(batch, i == 0 ? SOON : Duration.ofMillis(200));
        }
      }

      assertThat(sender.close(Duration.ZERO).complete()).isFalse();

      assertThat(idle.close(Duration.ZERO).complete()).as("it had nothing").isTrue();
    }
  }
}
