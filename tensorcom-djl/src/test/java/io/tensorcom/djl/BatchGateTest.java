// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.EpochReader;
import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorSender;
import io.tensorcom.TensorcomConfig;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.SendResult;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which batches are let through, by a clock of the test's own. */
final class BatchGateTest {
  private final TensorPool pool = TensorPool.builder().budgetBytes(1 << 20).checked(true).build();
  private final LoadCounters counters = new LoadCounters();
  private final TensorReceiver receiver =
      TensorReceiver.open("zpull://127.0.0.1:0?timeout=10s&pool=1M");
  private long now;

  @AfterEach
  void closeAndFindNoLease() {
    receiver.close();
    assertThat(pool.stats().leases()).as("batches that were left out are closed").isZero();
  }

  private BatchGate gate(UnaryOperator<TensorcomDataset.Builder> adjust) {
    TensorcomDataset.Builder builder =
        adjust.apply(TensorcomDataset.builder().setUrls("zsub://a:1").setData(0));
    return new BatchGate(builder, counters, () -> now);
  }

  private boolean admits(BatchGate gate, long... shape) {
    TensorBatch batch = TensorBatch.of(Tensor.allocate(pool, DType.FLOAT32, shape));
    boolean admitted = gate.admits(batch, receiver);
    batch.close();
    return admitted;
  }

  private void seconds(long seconds) {
    now += TimeUnit.SECONDS.toNanos(seconds);
  }

  @Test
  void shouldThrowWhatComesWhenMappedTensorsAreMissing() {
    BatchGate gate = gate(each -> each.setData(0, 2).setLabels(1));

    assertThatThrownBy(() -> admits(gate, 2, 5))
        .isInstanceOf(UnfitBatchException.class)
        .hasMessageContaining("1 tensors: float32[n, 5]")
        .hasMessageContaining("data=[0, 2], labels=[1]");
  }

  @Test
  void shouldLeaveOutWhenBatchesOfAnotherShapeComeBetween() {
    BatchGate gate = gate(each -> each);
    for (int i = 0; i < 20; i++) {
      assertThat(admits(gate, 2, 5)).isTrue();
      assertThat(admits(gate, 2, 6)).isFalse();
      seconds(9);
      assertThat(admits(gate, 2, 7)).isFalse();
    }
    gate.epochEnds();

    assertThat(counters.stats(0).skipped()).isEqualTo(40);
  }

  @Test
  void shouldGiveUpWhenTheShapeHasChangedForGood() {
    BatchGate gate = gate(each -> each);
    assertThat(admits(gate, 2, 5)).isTrue();
    seconds(100);
    assertThat(admits(gate, 2, 6)).isFalse();
    seconds(9);
    assertThat(admits(gate, 2, 6)).isFalse();
    seconds(1);

    assertThatThrownBy(() -> admits(gate, 2, 6))
        .isInstanceOf(ShapeChangeException.class)
        .hasMessageContaining("float32[n, 6] (expected as in the first: float32[n, 5])")
        .hasMessageContaining("no other for 10000 ms");
    assertThat(counters.stats(0).skipped()).isEqualTo(3);
  }

  @Test
  void shouldGiveUpWhenAWholeEpochHasAnotherShape() {
    BatchGate gate = gate(each -> each);
    assertThat(admits(gate, 2, 5)).isTrue();
    assertThat(admits(gate, 2, 6)).isFalse();
    gate.epochEnds();
    seconds(100);
    assertThat(admits(gate, 2, 6)).as("time between epochs does not count").isFalse();

    assertThatThrownBy(gate::epochEnds).isInstanceOf(ShapeChangeException.class);
  }

  @Test
  void shouldNotGiveUpWhenBatchesOfAnotherShapeComeAndNobodyWaits() throws Exception {
    TensorcomConfig config = TensorcomConfig.builder().pool(pool).build();
    try (TensorSender sender = TensorSender.open(config, "zrpush://127.0.0.1:0");
        TensorReceiver from =
            TensorReceiver.open(
                config, sender.boundEndpoints().get(0).replace("tcp", "zrpull") + "?timeout=30s")) {
      for (long batchesPerEpoch : new long[] {0, 5}) {
        BatchGate gate = gate(each -> each);
        assertThat(admits(gate, 2, 5)).isTrue();
        EpochSource source = source(batchesPerEpoch, from, gate);
        for (int i = 0; i < 3; i++) {
          seconds(100);
          assertThat(admitsNext(source, false, sender, gate, from)).isFalse();
        }
        assertThat(admitsNext(source, true, sender, gate, from)).isFalse();
        seconds(30);
        assertThatThrownBy(() -> admitsNext(source, true, sender, gate, from))
            .isInstanceOf(ShapeChangeException.class);
      }
      sender.close(Duration.ZERO);
    }
  }

  private EpochSource source(long batchesPerEpoch, TensorReceiver from, BatchGate gate) {
    return new EpochSource(
        from,
        new EpochReader(from, Duration.ofSeconds(30)),
        new EpochSource.Length(batchesPerEpoch, Long.MAX_VALUE, true),
        gate,
        new LostServers(OnLostServer.CONTINUE, Duration.ofSeconds(30), counters));
  }

  private boolean admitsNext(
      EpochSource source, boolean isBegun, TensorSender sender, BatchGate gate, TensorReceiver from)
      throws InterruptedException {
    try (TensorBatch bad = TensorBatch.of(Tensor.allocate(pool, DType.FLOAT32, 2, 6))) {
      assertThat(sender.send(bad, Duration.ofSeconds(30))).isEqualTo(SendResult.SENT);
    }
    return gate.admits(Objects.requireNonNull(source.next(() -> isBegun)), from);
  }

  @Test
  void shouldTakeShapesOfAnyRankAsDifferentWhenOneHasNone() {
    BatchGate gate = gate(each -> each);
    assertThat(admits(gate, 2)).isTrue();
    assertThat(admits(gate)).isFalse();
  }

  @Test
  void shouldSayWhichLayoutIsNeededWhenImagesAreToBeNormalized() {
    float[] three = {1, 2, 3};
    for (long[] shape : new long[][] {{2, 5}, {2, 3, 8, 8}, {2, 8, 8, 1}, {2, 8, 8, 4}}) {
      assertThatThrownBy(() -> admits(gate(each -> each.optNormalize(1, three, null)), shape))
          .isInstanceOf(UnfitBatchException.class)
          .hasMessageContaining("float32[n, ")
          .hasMessageContaining("[n, height, width, 3], for optNormalize");
    }
    assertThatThrownBy(() -> admits(gate(each -> each.optNormalize(0.5f, null, null)), 2, 5))
        .hasMessageContaining("[n, height, width, 3 or 4]");
    assertThatCode(() -> admits(gate(each -> each.optNormalize(1, three, three)), 2, 8, 8, 3))
        .doesNotThrowAnyException();
    assertThatCode(
            () -> admits(gate(each -> each.optNormalize(1, new float[] {1}, null)), 2, 8, 8, 4))
        .doesNotThrowAnyException();
  }
}
