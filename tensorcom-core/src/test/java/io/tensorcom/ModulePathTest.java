// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.zeromq.ZMQ;

/** The library as a named module: it resolves, and its transport is found. */
@Timeout(60)
final class ModulePathTest {
  private static final String SMOKE =
      """
      import io.tensorcom.TensorReceiver;
      import io.tensorcom.TensorSender;
      import io.tensorcom.tensor.DType;
      import io.tensorcom.tensor.Tensor;
      import io.tensorcom.tensor.TensorBatch;
      import java.time.Duration;

      public class Smoke {
        public static void main(String[] args) throws Exception {
          if (!TensorSender.class.getModule().isNamed()) {
            throw new AssertionError("not a named module");
          }
          try (TensorSender sender = TensorSender.open("zrpush://127.0.0.1:0");
              TensorReceiver receiver =
                  TensorReceiver.open(
                      sender.boundEndpoints().get(0).replace("tcp", "zrpull"));
              TensorBatch batch =
                  TensorBatch.of(Tensor.copyOf(sender.pool(), DType.INT8, new byte[] {42}, 1))) {
            sender.send(batch, Duration.ofSeconds(20));
            try (TensorBatch received = receiver.receive()) {
              System.out.println("received " + received.get(0).data().get(0));
            }
          }
          System.exit(0);
        }
      }
      """;

  private static String placeOf(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  private static String nettyJars() {
    String nettyJars =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> Path.of(entry).getFileName().toString().startsWith("netty-"))
            .collect(Collectors.joining(File.pathSeparator));
    assertThat(nettyJars).contains("netty-transport-native-epoll");
    return nettyJars;
  }

  @Test
  void shouldSendAndReceiveWhenOnTheModulePath(@TempDir Path folder)
      throws IOException, URISyntaxException, InterruptedException {
    Path source = Files.writeString(folder.resolve("Smoke.java"), SMOKE);
    String modules =
        String.join(
            File.pathSeparator,
            placeOf(TensorSender.class),
            placeOf(ZMQ.class),
            placeOf(LoggerFactory.class),
            placeOf(Histogram.class),
            nettyJars());
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--module-path",
                    modules,
                    "--enable-native-access=io.netty.common",
                    "--add-modules",
                    "io.tensorcom.core,org.zeromq.jeromq",
                    source.toString()))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(output).contains("received 42").doesNotContain("WARNING");
  }
}
