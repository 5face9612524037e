// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A reader looks again at who is there while it waits. */
@Timeout(90)
final class EpochReaderTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Duration SILENCE = Duration.ofMinutes(10);

  @Test
  void shouldLookAgainWhenTheOnlyOtherSenderLeavesWithoutAWord() throws Exception {
    try (TensorReceiver receiver = TensorReceiver.open("zpull://127.0.0.1:0?pool=64M")) {
      String url = receiver.boundEndpoints().get(0).replace("tcp", "zpush") + "?pool=64M";
      TensorSender mute = TensorSender.open(url);
      try (TensorSender sender = TensorSender.open(url)) {
        awaitPeers(receiver, 2);
        boolean[] left = new boolean[1];
        EpochReader.Waiting waiting =
            timeout -> {
              assertThat(timeout).as("time until it looks again").isLessThan(SOON);
              assertThat(left[0]).as("waits though nobody is left to wait for").isFalse();
              long ends = receiver.ends();
              TensorBatch batch = receiver.pollToEnd(timeout);
              // Not with a new end, which is a reason to look of its own.
              if (batch == null && ends > 0 && receiver.ends() == ends) {
                mute.close();
                awaitPeers(receiver, 1);
                left[0] = true;
              }
              return batch;
            };
        Tensor tensor = Tensor.allocate(sender.pool(), DType.UINT8, 1000);
        sender.serveEpochs(
            1, epoch -> List.of(TensorBatch.of(tensor)).iterator(), ServeOptions.forEver());
        EpochReader reader = new EpochReader(receiver, SILENCE, waiting);

        TensorBatch first = reader.next();
        assertThat(first).isNotNull();
        first.close();

        assertThat(reader.next()).isNull();
        assertThat(left[0]).as("there was something to wait for").isTrue();
        assertThat(reader.report().end()).isEqualTo(EpochReport.End.TOLD);
      } finally {
        mute.close();
      }
    }
  }

  private static void awaitPeers(TensorReceiver receiver, int count) {
    long start = System.nanoTime();
    while (receiver.stats().socket().peers() != count) {
      assertThat(System.nanoTime() - start).isLessThan(SOON.toNanos());
      Thread.onSpinWait();
    }
  }
}
