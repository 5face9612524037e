// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SendResult;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A sender that several threads close, as a shutdown hook and the thread that serves do. */
@Timeout(60)
final class SenderClosingTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration SHORT = Duration.ofMillis(10);

  private final TensorSender sender =
      TensorSender.open(
          TensorcomConfig.builder().drainTimeout(SHORT).build(), "zrpush://127.0.0.1:0");
  private final TensorReceiver receiver =
      TensorReceiver.open(
          TensorcomConfig.builder().hwm(1).build(),
          sender.boundEndpoints().get(0).replaceFirst("tcp", "zrpull"));

  /** Sends until nothing more is taken, as nobody reads. {@return how many were taken} */
  private int fill() throws InterruptedException {
    assertThat(sender.awaitPeers(1, SOON)).isTrue();
    int taken = 0;
    try (TensorBatch batch = TensorBatch.of(Tensor.allocate(sender.pool(), DType.UINT8, 4 << 20))) {
      while (sender.send(batch, Duration.ofMillis(500)) == SendResult.SENT) {
        taken++;
      }
    }
    return taken;
  }

  /** Closes in the background. {@return when it has begun, and so takes nothing more} */
  private CompletableFuture<DrainReport> beginToClose(Duration time) throws InterruptedException {
    CompletableFuture<DrainReport> closing =
        CompletableFuture.supplyAsync(() -> sender.close(time));
    try (TensorBatch batch = TensorBatch.of(Tensor.allocate(sender.pool(), DType.UINT8, 1))) {
      while (sender.send(batch, SHORT) != SendResult.CLOSED) {
        // It has not begun yet.
      }
    }
    return closing;
  }

  @Test
  void shouldLetADrainGoOnWhenItIsClosedWithoutATime() throws Exception {
    int taken = fill();
    CompletableFuture<DrainReport> closing = beginToClose(LONG);
    CompletableFuture<Void> second = CompletableFuture.runAsync(sender::close);
    assertThatThrownBy(() -> second.get(300, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);

    for (int i = 0; i < taken; i++) {
      receiver.receive().close();
    }
    DrainReport report = closing.get(SOON.toSeconds(), TimeUnit.SECONDS);
    assertThat(report.complete()).isTrue();
    assertThat(report.undelivered()).isZero();
    second.get(SOON.toSeconds(), TimeUnit.SECONDS);
    receiver.close();
  }

  @Test
  void shouldNotDrainForLongerWhenItIsClosedAgainWithMoreTime() throws Exception {
    fill();
    CompletableFuture<DrainReport> closing = beginToClose(Duration.ofMillis(300));

    assertThat(sender.close(LONG).complete()).isFalse();

    assertThat(closing.get(SOON.toSeconds(), TimeUnit.SECONDS).undelivered()).isPositive();
    receiver.close();
  }
}
