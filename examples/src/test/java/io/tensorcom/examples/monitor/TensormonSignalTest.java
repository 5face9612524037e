// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.TensorSender;
import io.tensorcom.stream.SequenceRange;
import io.tensorcom.stream.StreamReport;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** tensormon in a process of its own that is told to end while batches go on coming. */
@Timeout(120)
final class TensormonSignalTest {
  private static final Pattern TOTAL = Pattern.compile("total: (\\d+) batches, .*");

  private static void send(TensorSender sender, AtomicBoolean stop) {
    try (Tensor data = Tensor.allocate(sender.pool(), DType.UINT8, 100_000);
        TensorBatch batch = TensorBatch.of(data)) {
      while (!stop.get()) {
        sender.send(batch, Duration.ofMillis(10));
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "zrpush, zrpull, netty",
    "zrpush, zrpull, jeromq",
    "zpub, zsub, netty",
    "zpub, zsub, jeromq",
  })
  void shouldAccountForWhatItTookAndEndWhenItIsTerminated(
      String sends, String receives, String transport, @TempDir Path folder) throws Exception {
    Path account = folder.resolve("account");
    AtomicBoolean stop = new AtomicBoolean();
    try (TensorSender sender = TensorSender.open(sends + "://127.0.0.1:0?pool=64M&drain=0s")) {
      String url = sender.boundEndpoints().get(0).replace("tcp", receives);
      Process monitor =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Tensormon.class.getName(),
                  "-r",
                  "20",
                  "--account",
                  account.toString(),
                  url + "?transport=" + transport)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      CompletableFuture<Void> sending = null;
      try (BufferedReader out = monitor.inputReader(StandardCharsets.UTF_8)) {
        assertThat(sender.awaitPeers(1, Duration.ofSeconds(60))).isTrue();
        sending = CompletableFuture.runAsync(() -> send(sender, stop));
        for (String line = out.readLine(); ; line = out.readLine()) {
          assertThat(line).as("a report").isNotNull();
          if (line.contains("batches/s")) {
            break;
          }
        }
        // Process.destroy would close what it says.
        monitor.toHandle().destroy();
        List<String> rest = out.lines().toList();
        assertThat(monitor.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(monitor.exitValue()).as("the code of SIGTERM").isEqualTo(143);

        Matcher total = TOTAL.matcher(rest.get(rest.size() - 1));
        assertThat(total.matches()).as("last line of %s", rest).isTrue();
        assertThat(rest.get(rest.size() - 2)).endsWith("; unknown tail");
        long taken = Long.parseLong(total.group(1));
        StreamReport report = StreamReport.ofLines(Files.readAllLines(account));
        List<SequenceRange> ranges = report.streams().values().iterator().next().received();
        assertThat(ranges.stream().mapToLong(SequenceRange::count).sum()).isEqualTo(taken);
        if (sends.equals("zrpush")) {
          assertThat(ranges).as("in one piece").hasSize(1);
        }
        assertThat(sender.stats().batches()).isGreaterThanOrEqualTo(taken);
      } finally {
        stop.set(true);
        monitor.destroyForcibly();
        if (sending != null) {
          sending.get(60, TimeUnit.SECONDS);
        }
      }
    }
  }
}
