// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

final class ToolLogTest {
  private static final String NAME = "io.tensorcom.TensorReceiver";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @AfterEach
  void putBack() {
    ToolLog.configure(ToolLog.Format.TEXT, Level.ERROR);
  }

  private List<String> lines() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void shouldBeOneLineWhenAMessageHasSeveralOrSomethingWasThrown() {
    assertThat(ToolLog.line(Level.WARN, NAME, "one\n  two", new IOException("disk\nfull")))
        .isEqualTo("[warn] TensorReceiver - one two (java.io.IOException: disk full)");
  }

  @Test
  void shouldBeOneObjectWhenJsonIsAskedFor() throws IOException {
    ToolLog.configure(ToolLog.Format.JSON, null);
    String line = ToolLog.line(Level.WARN, NAME, "one \"two\"\n", new IOException("full"));

    assertThat(line).doesNotContain("\n");
    JsonNode object = new ObjectMapper().readTree(line);
    assertThat(Instant.parse(object.get("time").asText())).isBeforeOrEqualTo(Instant.now());
    assertThat(object.get("level").asText()).isEqualTo("warn");
    assertThat(object.get("logger").asText()).isEqualTo(NAME);
    assertThat(object.get("message").asText()).isEqualTo("one \"two\"\n");
    assertThat(object.get("stack").asText()).contains("IOException: full", "ToolLogTest");
  }

  @Test
  void shouldMakeAnEventOfEachPrintedLineWhenJsonIsAskedFor() throws IOException {
    ToolLog.configure(ToolLog.Format.JSON, null);
    PrintStream events = ToolLog.lines(stream, "tensormon");
    events.print("conn");
    events.println("ected é");
    events.println();
    events.println("done");

    assertThat(lines()).hasSize(2);
    JsonNode first = new ObjectMapper().readTree(lines().get(0));
    assertThat(first.get("message").asText()).isEqualTo("connected é");
    assertThat(first.get("logger").asText()).isEqualTo("tensormon");
    assertThat(first.get("level").asText()).isEqualTo("info");
  }

  @Test
  void shouldLeaveLinesAloneWhenTextIsAskedFor() {
    assertThat(ToolLog.lines(stream, "tensormon")).isSameAs(stream);
  }

  @Test
  void shouldLogOnlyFromTheLevelOnWhenOneIsSet() {
    PrintStream before = System.err;
    System.setErr(stream);
    try {
      ToolLog.configure(ToolLog.Format.TEXT, Level.INFO);
      LoggerFactory.getLogger(NAME).info("endpoint added: endpoint={}", "10.0.0.7:7880");
      LoggerFactory.getLogger(NAME).debug("not this");
      ToolLog.configure(ToolLog.Format.TEXT, Level.ERROR);
      LoggerFactory.getLogger(NAME).warn("nor this");
    } finally {
      System.setErr(before);
    }
    assertThat(lines())
        .containsExactly("[info] TensorReceiver - endpoint added: endpoint=10.0.0.7:7880");
  }
}
