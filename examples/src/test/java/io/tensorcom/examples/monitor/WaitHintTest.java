// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import static io.tensorcom.testkit.TestDiscovery.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorcomConfig;
import io.tensorcom.testkit.TestDiscovery;
import io.tensorcom.testkit.VirtualTime;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class WaitHintTest {
  private static final String URL = "zsub://shards:7880";

  private final VirtualTime time = new VirtualTime();
  private final TestDiscovery discovery = new TestDiscovery(time);
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private final PrintStream err = new PrintStream(text, true, StandardCharsets.UTF_8);

  private String hint(TensorReceiver receiver) {
    text.reset();
    WaitHint hint = new WaitHint(err, List.of(URL), null, 0);
    hint.nothing(receiver, TimeUnit.SECONDS.toNanos(4));
    assertThat(text.size()).isZero();
    hint.nothing(receiver, TimeUnit.SECONDS.toNanos(5));
    hint.nothing(receiver, TimeUnit.SECONDS.toNanos(6));
    return text.toString(StandardCharsets.UTF_8);
  }

  @Test
  void shouldSayWhatIsMissingWhenNothingComes() {
    TensorcomConfig config =
        TensorcomConfig.builder()
            .discovery(discovery)
            .membershipListener(
                new EndpointLines(new PrintStream(lines, true, StandardCharsets.UTF_8)))
            .build();
    try (TensorReceiver receiver = TensorReceiver.open(config, URL)) {
      assertThat(hint(receiver))
          .isEqualToIgnoringNewLines(
              "waiting, until stopped: no endpoints yet, tensorcom-resolve shows why: " + URL);

      discovery.set("shards", at("127.0.2.1", 1));
      time.run();
      while (!lines.toString(StandardCharsets.UTF_8).contains("endpoint added: 127.0.2.1:1")) {
        Thread.onSpinWait();
      }
      assertThat(hint(receiver)).contains("nobody is connected: " + URL);
    }
  }
}
