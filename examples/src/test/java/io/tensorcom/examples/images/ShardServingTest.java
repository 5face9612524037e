// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.EpochReader;
import io.tensorcom.EpochReport;
import io.tensorcom.TensorReceiver;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.serve.ServeImagenetShards;
import io.tensorcom.tensor.TensorBatch;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shards that are served so many times, and then no more. */
@Timeout(90)
class ShardServingTest {
  @Test
  void shouldEndWithZeroWhenAllEpochsAreServedAndDrained(@TempDir Path folder) throws Exception {
    byte[] image = Archives.plain(2, 2, 0);
    Path tar =
        Archives.tar(
            folder.resolve("s.tar"),
            "a.png",
            image,
            "a.cls",
            "1",
            "b.png",
            image,
            "b.cls",
            "2",
            "c.png",
            image,
            "c.cls",
            "3");
    String place;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      place = "://127.0.0.1:" + free.getLocalPort() + "?pool=16M";
    }
    CompletableFuture<Integer> serving =
        CompletableFuture.supplyAsync(
            () ->
                Cli.run(
                    new ServeImagenetShards(),
                    "--epochs",
                    "2",
                    "--peers",
                    "1",
                    "-b",
                    "1",
                    "-u",
                    tar.toString(),
                    "zpub" + place));
    List<Long> batches = new ArrayList<>();
    try (TensorReceiver receiver = TensorReceiver.open("zsub" + place)) {
      EpochReader reader = new EpochReader(receiver, Duration.ofSeconds(60));
      while (!reader.isStreamEnded()) {
        for (TensorBatch batch = reader.next(); batch != null; batch = reader.next()) {
          batch.close();
        }
        assertThat(reader.report().end()).isEqualTo(EpochReport.End.TOLD);
        batches.add(reader.report().batches());
      }
    }

    assertThat(batches).containsExactly(3L, 3L);
    assertThat(serving.get(30, TimeUnit.SECONDS)).isZero();
  }
}
