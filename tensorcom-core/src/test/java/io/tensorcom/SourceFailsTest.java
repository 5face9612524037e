// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.stream.BatchMark;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.SendResult;
import java.time.Duration;
import java.util.Iterator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What receivers hear of an epoch whose source fails, and of ends that wait without a limit. */
@Timeout(60)
final class SourceFailsTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

  private final TensorPool pool = TensorPool.ofBudget(1 << 20);

  @AfterEach
  void close() {
    pool.close();
  }

  private Iterator<TensorBatch> batches(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> TensorBatch.of(Tensor.allocate(pool, DType.UINT8, 8)))
        .iterator();
  }

  private static TensorReceiver receiver(String scheme, TensorSender sender)
      throws InterruptedException {
    TensorReceiver receiver =
        TensorReceiver.open(sender.boundEndpoints().get(0).replace("tcp", scheme) + "?pool=16M");
    assertThat(sender.awaitPeers(1, SOON)).isTrue();
    return receiver;
  }

  /** Reads to the end of an epoch, without ever taking silence for it. */
  private static EpochReport readEpoch(EpochReader reader) throws InterruptedException {
    for (TensorBatch batch = reader.next(); batch != null; batch = reader.next()) {
      batch.close();
    }
    return reader.report();
  }

  @ParameterizedTest
  @CsvSource({"zrpush, zrpull, 3, true", "zrpush, zrpull, 1, false", "zpub, zsub, 3, false"})
  void shouldSendWhatTheSourceGaveWhenItFailsInTheMiddle(
      String sends, String receives, int given, boolean inNext) throws Exception {
    TensorcomConfig config = TensorcomConfig.builder().pool(pool).build();
    try (TensorSender sender = TensorSender.open(config, sends + "://127.0.0.1:0");
        TensorReceiver receiver = receiver(receives, sender)) {
      assertThatThrownBy(
              () ->
                  sender.serveEpochs(
                      3,
                      epoch -> new FailingSource(batches(given), inNext),
                      ServeOptions.patient(SOON)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(FailingSource.MESSAGE);
      sender.serveEpochs(1, epoch -> batches(2), ServeOptions.patient(SOON));

      EpochReader reader = new EpochReader(receiver, Duration.ofSeconds(50));
      EpochReport completed = readEpoch(reader);
      assertThat(completed.batches())
          .as("all that it gave, and what followed")
          .isEqualTo(given + 2);
      assertThat(completed.end()).isEqualTo(EpochReport.End.TOLD);
      assertThat(completed.unfinished()).isEmpty();
      assertThat(reader.isStreamEnded()).isTrue();
    }
    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldPublishTheEndAndGiveTheBatchBackWhenTheDrainTimeoutHasNoNanoseconds()
      throws Exception {
    TensorcomConfig config = TensorcomConfig.builder().pool(pool).drainTimeout(FOR_EVER).build();
    TensorSender sender = TensorSender.open(config, "zpub://127.0.0.1:0");
    try (TensorReceiver receiver = receiver("zsub", sender)) {
      try (TensorBatch batch = batches(1).next()) {
        assertThat(sender.send(batch, SOON, BatchMark.endOfEpoch(true))).isEqualTo(SendResult.SENT);
      }

      assertThat(readEpoch(new EpochReader(receiver, SOON)).batches()).isOne();
    } finally {
      sender.close(SOON);
    }
    assertThat(pool.stats().leases()).isZero();
  }
}
