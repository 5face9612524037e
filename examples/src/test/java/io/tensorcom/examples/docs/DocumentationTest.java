// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The code in the documentation is the code that is compiled. */
final class DocumentationTest {
  private static final Path ROOT = Path.of(System.getProperty("tensorcom.root", ".."));
  private static final Path SOURCES =
      ROOT.resolve("examples/src/main/java/io/tensorcom/examples/docs");

  @ParameterizedTest
  @CsvSource({
    "README.md, SendBatches.java, send",
    "README.md, ReceiveBatches.java, receive",
    "docs/own-server.md, OwnServer.java, server",
    "docs/discovery.md, TableDiscovery.java, provider",
    "docs/djl.md, TrainFromStream.java, train"
  })
  void shouldQuoteCompiledCodeWhenADocumentShowsIt(String document, String source, String tag)
      throws IOException {
    List<String> lines = Files.readAllLines(SOURCES.resolve(source));
    int from = indexOf(lines, "// tag::" + tag);
    int to = indexOf(lines, "// end::" + tag);
    String code = String.join("\n", lines.subList(from + 1, to)).stripIndent();

    assertThat(code).isNotBlank();
    assertThat(Files.readString(ROOT.resolve(document))).contains("```java\n" + code + "\n```");
  }

  private static int indexOf(List<String> lines, String marker) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).strip().equals(marker)) {
        return i;
      }
    }
    throw new AssertionError("no line " + marker);
  }
}
