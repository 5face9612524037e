// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.ServeOptions;
import io.tensorcom.TensorSender;
import io.tensorcom.examples.cli.ToolRun;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TensormonTest {
  private static ToolRun run(String... args) {
    return ToolRun.of(Tensormon::new, args);
  }

  private static Stream<TensorBatch> batches(TensorSender sender) {
    return Stream.generate(
        () -> TensorBatch.of(Tensor.copyOf(sender.pool(), DType.UINT8, new byte[100], 10, 10)));
  }

  @Test
  void shouldTellOfEachPeerWhenVerbose() {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s")) {
      CompletableFuture<Void> serving = serveInBackground(sender, 10);
      String url = sender.boundEndpoints().get(0).replace("tcp", "zrpull");
      ToolRun run = run("-v", "-c", "10", url);
      serving.join();
      assertThat(run.out())
          .anyMatch(
              line ->
                  line.matches("  peer tcp://127.0.0.1:\\d+: delivered 10, bytes \\d+, queued 0"))
          .contains("  socket: peers 1, reconnects 0, closed by reason {}")
          .contains("  streams: heard 1, restarts 0, forgotten 0");
    }
  }

  private static CompletableFuture<Void> serveInBackground(TensorSender sender, int count) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            var unused =
                sender.serve(
                    batches(sender).limit(count), ServeOptions.patient(Duration.ofSeconds(30)));
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void shouldEndWithATotalWhenSoManyBatchesCame() {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s")) {
      CompletableFuture<Void> serving = serveInBackground(sender, 25);
      String url = sender.boundEndpoints().get(0).replace("tcp", "zrpull");
      ToolRun run = run("-c", "25", "--skip", "5", url);
      serving.join();
      assertThat(run.err()).isEmpty();
      assertThat(run.exitCode()).isZero();
      assertThat(run.out().subList(0, 3))
          .containsExactly("input: ['" + url + "']", url, "connected");
      assertThat(run.out().get(3))
          .matches(" {18}10 +[0-9.]+ batches/s +[0-9.]+ samples/s \\(batchsize: 10\\)");
      assertThat(run.out().get(4)).startsWith(" ".repeat(18) + "20 ");
      assertThat(run.out().get(5))
          .matches("elsewhere or lost 0 of 25 from 127.0.0.1:\\d+; unknown tail");
      assertThat(run.out().get(6))
          .matches("total: 25 batches, 2000 bytes, \\d+\\.\\d{6} seconds, \\d+ bytes/s");
      assertThat(run.out()).hasSize(7);
    }
  }

  @Test
  void shouldEndWithTheStreamAndSayWhatNobodyGotWhenAccountsAreMerged(@TempDir Path folder)
      throws IOException {
    String first = folder.resolve("first").toString();
    String second = folder.resolve("second").toString();
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0")) {
      String url = sender.boundEndpoints().get(0).replace("tcp", "zrpull");
      CompletableFuture<ToolRun> other =
          CompletableFuture.supplyAsync(() -> run("--account", second, url));
      CompletableFuture<Void> serving =
          CompletableFuture.runAsync(
              () -> {
                try {
                  assertThat(sender.awaitPeers(2, Duration.ofSeconds(30))).isTrue();
                  var unused =
                      sender.serveEpochs(
                          2,
                          epoch -> batches(sender).limit(20).iterator(),
                          ServeOptions.patient(Duration.ofSeconds(30)));
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThat(run("--account", first, url).exitCode()).isZero();
      serving.join();
      assertThat(other.join().exitCode()).isZero();
    }

    ToolRun both = run("--merge", first, second);
    assertThat(both.out()).hasSize(1);
    assertThat(both.out().get(0)).matches("lost 0 of 40 from 127.0.0.1:\\d+");
    assertThat(both.exitCode()).isZero();
    ToolRun one = run("--merge", first);
    assertThat(one.out().get(0)).matches("lost [1-9]\\d* of 40 from .*");
    assertThat(one.exitCode()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ':',
      value = {
        "0 : 1 9 true 0-9 a",
        "4 : 1 9 false 0-9 a",
        "4 : 1 9 true 5?5-9 a",
        "4 : 1 9 true 0-9 a; 2 -1 false - b",
        "3 : 1 9 true 0-8 a",
        "3 : 1 9 false 0-8 a; 2 9 true 5?5-9 b",
        "3 : 1 9 true 5?7-9 a",
      })
  void shouldTellByItsExitCodeWhenWhatWasLostIsNotCertain(
      int code, String account, @TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("account"), List.of(account.split("; ", -1)));
    ToolRun run = run("--merge", file.toString());
    assertThat(run.exitCode()).as("%s", run.out()).isEqualTo(code);
    assertThat(run.err()).isEmpty();
  }

  @Test
  void shouldSaySoWhenTheAccountsHaveNoStream(@TempDir Path folder) throws IOException {
    String first = Files.createFile(folder.resolve("first")).toString();
    String second = Files.createFile(folder.resolve("second")).toString();
    ToolRun run = run("--merge", first, second);
    assertThat(run.out())
        .containsExactly("no stream: nothing that is numbered came to those who wrote these files");
    assertThat(run.exitCode()).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--nonsense",
        "--merge",
        "-r 0",
        "-c 0",
        "-c many",
        "--skip -1",
        "nonsense",
        "zmq://127.0.0.1:7880",
        "zsub://127.0.0.1",
        "zpub://127.0.0.1:7880",
        "zsub://127.0.0.1:{1..2",
        "zsub://127.0.0.1:7880?pool=big",
      })
  void shouldSayOneLineWhenStartedWithNonsense(String args) {
    ToolRun run = run(args.split(" ", -1));
    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0)).startsWith("tensormon: ");
    assertThat(run.out()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(2);
  }

  @Test
  void shouldGiveUpWithItsTotalWhenTheUrlSaysAfterHowLong() {
    try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0?drain=0s")) {
      CompletableFuture<Void> serving = serveInBackground(sender, 3);
      String url = sender.boundEndpoints().get(0).replace("tcp", "zrpull") + "?timeout=5s";
      ToolRun run = run(url);
      serving.join();

      assertThat(run.err())
          .containsExactly(
              "tensormon: no batch within 5000 ms: 1 connected, but no more batches come: " + url);
      assertThat(run.out()).last().asString().startsWith("total: 3 batches");
      assertThat(run.exitCode()).isEqualTo(1);
    }
  }

  @Test
  void shouldSayOneLineWhenThereIsNoEndpointInTime() {
    ToolRun run = run("zsub://nowhere:7880?discovery=file:/no/such/file&start=1ms");

    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0)).startsWith("tensormon: ").doesNotContain("unexpected");
    assertThat(run.exitCode()).isEqualTo(1);
  }

  @Test
  void shouldSayAtOnceThatTheAccountCannotBeWritten(@TempDir Path folder) {
    ToolRun run = run("--account", folder.resolve("missing/file").toString(), "zsub://127.0.0.1:9");

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0)).contains("missing/file");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void shouldSayOneLineWhenThePortIsInUse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ToolRun run = run("zpull://127.0.0.1:" + taken.getLocalPort());
      assertThat(run.err()).hasSize(1);
      assertThat(run.err().get(0)).startsWith("tensormon: ").contains("" + taken.getLocalPort());
      assertThat(run.exitCode()).isEqualTo(1);
    }
  }
}
