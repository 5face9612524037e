// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.testkit.KnotServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** A JVM that caches addresses for ever, and whose hosts file knows the name, as a pod's may. */
@EnabledIf("io.tensorcom.testkit.KnotServer#isAvailable")
@Timeout(120)
final class JvmCacheTest {
  private static final String HOST = "self.bigdata19";
  private static final String FULL = "self.bigdata19.default.svc.cluster.local";

  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private Process start(Path folder, String discovery) throws IOException {
    Path hosts =
        Files.writeString(folder.resolve("hosts"), "127.0.2.99 " + FULL + " " + HOST + "\n");
    Path security =
        Files.writeString(
            folder.resolve("security"),
            "networkaddress.cache.ttl=-1\nnetworkaddress.cache.negative.ttl=-1\n");
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Djava.security.properties=" + security,
            "-Djdk.net.hosts.file=" + hosts,
            "-cp",
            System.getProperty("java.class.path"),
            JvmFollower.class.getName(),
            discovery,
            HOST)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private void read(Process process) {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      out.lines().forEach(lines::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String line() throws InterruptedException {
    return String.valueOf(lines.poll(30, TimeUnit.SECONDS));
  }

  private static String[] records(String change, String ttl, int from, int to) {
    String[] lines = new String[to - from + 1];
    for (int i = from; i <= to; i++) {
      lines[i - from] = change + " " + FULL + ". " + ttl + " A 127.0.2." + i;
    }
    return lines;
  }

  @Test
  void shouldFindAllAndFollowThemWhenTheJvmKnowsOnlyItselfForEver(@TempDir Path folder)
      throws Exception {
    try (KnotServer knot = KnotServer.start(folder)) {
      knot.update(records("add", "1", 1, 5));
      Process process =
          start(folder, "dns:resolv-conf=" + knot.podResolvConf() + ",server=" + knot.place());
      Thread reader = new Thread(() -> read(process));
      reader.start();
      try {
        assertThat(line()).as("the trap").isEqualTo("jvm [127.0.2.99]");
        assertThat(line())
            .isEqualTo(
                "dns [127.0.2.1:7880, 127.0.2.2:7880, 127.0.2.3:7880, 127.0.2.4:7880,"
                    + " 127.0.2.5:7880]");

        knot.update(records("del", "", 2, 4));
        assertThat(line()).isEqualTo("dns [127.0.2.1:7880, 127.0.2.5:7880]");
        knot.update(records("add", "1", 6, 6));
        assertThat(line()).isEqualTo("dns [127.0.2.1:7880, 127.0.2.5:7880, 127.0.2.6:7880]");
      } finally {
        // It ends with its input; destroyed at once it would tear the reader's away.
        process.getOutputStream().close();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
        reader.join();
      }
    }
  }
}
