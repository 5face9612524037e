// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.StreamOptions;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import io.tensorcom.transport.SendResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Batches with a checksum, over both transports. */
@Timeout(60)
final class ChecksumTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int COUNT = 12;

  @TempDir Path folder = Path.of("");

  /** Several writes long, without data, of more writes than one again, and short. */
  private static TensorBatch batch(TensorPool pool, int index) {
    int[] sizes = {2_000_003, 0, 700_001, 100};
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < 1 + index % sizes.length; i++) {
      int size = sizes[(index + i) % sizes.length];
      tensors.add(Batches.random(pool, index * 31L + i, DType.UINT8, size));
    }
    return TensorBatch.of(tensors);
  }

  @ParameterizedTest
  @CsvSource({
    "netty,tcp,zrpush,zrpull,1",
    "netty,ipc,zrpush,zrpull,1",
    "netty,tcp,zpub,zsub,3",
    "netty,ipc,zpub,zsub,3",
    "jeromq,tcp,zpub,zsub,2"
  })
  void shouldArriveUnalteredWhenTheyAreSummed(
      String transport, String medium, String sends, String receives, int peers) throws Exception {
    TensorcomConfig config =
        TensorcomConfig.builder().streams(StreamOptions.DEFAULT.withChecksum(true)).build();
    String place = medium.equals("ipc") ? "+ipc://" + folder.resolve("socket") : "://127.0.0.1:0";
    String more = sends.endsWith("pub") ? "&slow=20s" : "";
    try (TensorSender sender =
        TensorSender.open(config, sends + place + "?transport=" + transport + more)) {
      String where = sender.boundEndpoints().get(0).replaceFirst("tcp", receives);
      String url = (medium.equals("ipc") ? receives + place : where) + "?transport=" + transport;
      List<TensorReceiver> receivers = new ArrayList<>();
      try {
        for (int i = 0; i < peers; i++) {
          receivers.add(TensorReceiver.open(url));
        }
        assertThat(sender.awaitPeers(peers, SOON)).isTrue();
        exchange(sender, receivers);
      } finally {
        receivers.forEach(TensorReceiver::close);
      }
    }
  }

  private static void exchange(TensorSender sender, List<TensorReceiver> receivers)
      throws InterruptedException {
    TensorPool local = TensorPool.ofBudget(8 << 20);
    for (int i = 0; i < COUNT; i++) {
      try (TensorBatch sent = batch(sender.pool(), i)) {
        assertThat(sender.send(sent, SOON)).isEqualTo(SendResult.SENT);
      }
      for (TensorReceiver receiver : receivers) {
        try (TensorBatch came = receiver.receive();
            TensorBatch expected = batch(local, i)) {
          assertThat(Batches.describe(came)).isEqualTo(Batches.describe(expected));
          BatchOrigin origin = Objects.requireNonNull(came.origin());
          assertThat(origin.flags() & BatchOrigin.CHECKSUM).isNotZero();
        }
      }
    }
    for (TensorReceiver receiver : receivers) {
      assertThat(receiver.stats().malformed()).isZero();
    }
  }
}
