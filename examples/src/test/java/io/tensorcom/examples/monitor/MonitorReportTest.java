// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MonitorReportTest {
  private static final long OPENED = 5_000_000_000L;
  private static final long STEP = 500_000_000L;

  private final TensorPool pool = TensorPool.ofBudget(1 << 20);
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @AfterEach
  void close() {
    pool.close();
  }

  /** Lets a batch of 4 samples and 8 bytes come every half second. */
  private List<String> linesAfter(MonitorReport report, int batches) {
    for (int i = 1; i <= batches; i++) {
      try (TensorBatch batch =
          TensorBatch.of(Tensor.copyOf(pool, DType.UINT8, new byte[8], 4, 2))) {
        report.received(batch, OPENED + i * STEP);
      }
    }
    report.total();
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void shouldPrintPythonsLinesWhenNotAskedForJson() {
    MonitorReport report = new MonitorReport(out, false, 3, 10, OPENED);
    report.opened(List.of("zsub://h:{1..2}", "zsub://i:3"), List.of("zsub://h:1", "zsub://h:2"));
    assertThat(linesAfter(report, 7))
        .containsExactly(
            "input: ['zsub://h:{1..2}', 'zsub://i:3']",
            "zsub://h:1",
            "zsub://h:2",
            "connected",
            "                   3    2.000 batches/s    8.000 samples/s (batchsize: 4)",
            "                   6    2.000 batches/s    8.000 samples/s (batchsize: 4)",
            "total: 7 batches, 0 bytes, 0.000000 seconds, 0 bytes/s");
  }

  @Test
  void shouldPrintObjectsWhenAskedForJson() throws JsonProcessingException {
    MonitorReport report = new MonitorReport(out, true, 2, 1, OPENED);
    report.opened(List.of("zsub://h:1"), List.of("zsub://h:1"));
    List<String> lines = linesAfter(report, 4);
    assertThat(lines).hasSize(3);
    JsonNode first = new ObjectMapper().readTree(lines.get(0));
    assertThat(first.get("batches").asLong()).isEqualTo(2);
    assertThat(first.get("batchesPerSecond").asDouble()).isEqualTo(2);
    assertThat(first.get("samplesPerSecond").asDouble()).isEqualTo(8);
    assertThat(first.get("bytesPerSecond").asDouble()).isEqualTo(16);
    assertThat(first.get("batchSize").asLong()).isEqualTo(4);
    assertThat(lines.get(2)).isEqualTo("total: 4 batches, 24 bytes, 1.500000 seconds, 16 bytes/s");
  }

  @Test
  void shouldCountFromTheLastSkippedWhenSomeAreSkipped() {
    assertThat(linesAfter(new MonitorReport(out, false, 100, 10, OPENED), 30))
        .last()
        .isEqualTo("total: 30 batches, 160 bytes, 10.000000 seconds, 16 bytes/s");
  }

  @Test
  void shouldCountFromTheOpeningWhenNoneIsSkipped() {
    assertThat(linesAfter(new MonitorReport(out, false, 100, 0, OPENED), 4))
        .last()
        .isEqualTo("total: 4 batches, 32 bytes, 2.000000 seconds, 16 bytes/s");
  }

  @Test
  void shouldPrintZerosWhenNothingCame() {
    assertThat(linesAfter(new MonitorReport(out, false, 10, 0, OPENED), 0))
        .containsExactly("total: 0 batches, 0 bytes, 0.000000 seconds, 0 bytes/s");
  }

  @Test
  void shouldHaveARateWhenEveryBatchIsReported() {
    assertThat(linesAfter(new MonitorReport(out, false, 1, 10, OPENED), 1))
        .contains("                   1    2.000 batches/s    8.000 samples/s (batchsize: 4)");
  }
}
