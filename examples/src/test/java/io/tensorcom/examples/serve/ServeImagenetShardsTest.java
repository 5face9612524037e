// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.examples.cli.ToolRun;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class ServeImagenetShardsTest {
  @Test
  void shouldSayOneLineBeforeDecodingWhenABatchWouldBeTooLarge() {
    // The shard's command would run on: nothing may be read.
    ToolRun run =
        ToolRun.of(
            out -> new ServeImagenetShards(),
            "-u",
            "pipe:sleep 100",
            "--size",
            "16384",
            "-b",
            "1",
            "zpub://127.0.0.1:0?pool=4m");

    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0))
        .startsWith(
            "serve-imagenet-shards: a batch of 1 images of 16384x16384 is 805306368 bytes"
                + " (expected: <= 2097152, the largest message); make -b smaller");
    assertThat(run.exitCode()).isEqualTo(1);
  }

  @Test
  void shouldSayOneLineWhenTheUrlHasATimeoutWhichIsForReceivers() {
    ToolRun run = ToolRun.of(out -> new ServeImagenetShards(), "zpub://127.0.0.1:0?timeout=5s");

    assertThat(run.err())
        .containsExactly(
            "serve-imagenet-shards: option timeout: url=zpub://127.0.0.1:0?timeout=5s"
                + " (expected: none; it is for receivers)");
    assertThat(run.exitCode()).isEqualTo(2);
  }

  @Test
  void shouldSayOneLineWhenImagesAreToBeScaledAndNoSizeIsGiven() {
    for (String[] options : new String[][] {{"--scaled-decode"}, {"--filter", "area"}}) {
      ToolRun run = ToolRun.of(out -> new ServeImagenetShards(), options);

      assertThat(run.err())
          .containsExactly("serve-imagenet-shards: " + options[0] + " needs --size");
      assertThat(run.exitCode()).isEqualTo(2);
    }
  }

  @Test
  void shouldSayWhatToDoWhenThereIsNoFolder(@TempDir Path folder) {
    String missing = folder.resolve("imagenet").toString();

    ToolRun run = ToolRun.of(out -> new ServeImagenetDir(), "-d", missing);

    assertThat(run.err())
        .containsExactly(
            "serve-imagenet-dir: no such folder: "
                + missing
                + " (expected: -d DIR, with one folder of images per class)");
    assertThat(run.exitCode()).isEqualTo(1);
  }

  @Test
  void shouldSayNothingWhenASignalEndsTheCommandOfAShardToo() throws Exception {
    Process server =
        new ProcessBuilder(
                "setsid",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ServeImagenetShards.class.getName(),
                "-u",
                "pipe:sleep 100",
                "--log-level",
                "info",
                "zpush://127.0.0.1:9")
            .redirectErrorStream(true)
            .start();
    try {
      long start = System.nanoTime();
      while (server.descendants().noneMatch(each -> runs(each, "sleep"))) {
        assertThat(server.isAlive()).isTrue();
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(60));
        Thread.onSpinWait();
      }

      new ProcessBuilder("kill", "-TERM", "--", "-" + server.pid()).start().waitFor();

      String said = new String(server.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(said.lines().filter(line -> line.contains("skipped") || line.contains("usable")))
          .isEmpty();
      assertThat(said).contains("serving zpush://127.0.0.1:9").contains("decoding JPEG with ");
    } finally {
      server.descendants().forEach(ProcessHandle::destroyForcibly);
      server.destroyForcibly();
    }
  }

  private static boolean runs(ProcessHandle process, String command) {
    return process.info().command().orElse("").endsWith("/" + command);
  }
}
