// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The code in the documentation is the code that is compiled, and its links lead somewhere. */
final class DocumentationTest {
  private static final Path ROOT = Path.of(System.getProperty("tensorcom.root", ".."));
  private static final Path SOURCES =
      ROOT.resolve("examples/src/main/java/io/tensorcom/examples/docs");
  private static final Pattern CODE = Pattern.compile("```java\n(.*?)\n```", Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:\\s]+)(?:#[^)]*)?\\)");

  /** A document, and what it shows: the lines between two tags of a source. */
  record Quote(String document, String source, String tag) {
    String code() throws IOException {
      List<String> lines = Files.readAllLines(SOURCES.resolve(source));
      int from = indexOf(lines, "// tag::" + tag);
      int to = indexOf(lines, "// end::" + tag);
      return String.join("\n", lines.subList(from + 1, to)).stripIndent().strip();
    }
  }

  static List<Quote> quotes() {
    return List.of(
        new Quote("README.md", "SendBatches.java", "send"),
        new Quote("README.md", "ReceiveBatches.java", "receive"),
        new Quote("README.md", "ShowLosses.java", "losses"),
        new Quote("docs/own-server.md", "OwnServer.java", "server"),
        new Quote("docs/discovery.md", "TableDiscovery.java", "provider"),
        new Quote("docs/djl.md", "TrainFromStream.java", "train"));
  }

  static List<Path> documents() throws IOException {
    List<Path> documents =
        new ArrayList<>(
            Stream.of("README.md", "SECURITY.md", "examples/python/README.md")
                .map(ROOT::resolve)
                .toList());
    try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
      files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
    }
    return documents;
  }

  @ParameterizedTest
  @MethodSource("quotes")
  void shouldQuoteCompiledCodeWhenADocumentShowsIt(Quote quote) throws IOException {
    assertThat(quote.code()).isNotBlank();
    assertThat(Files.readString(ROOT.resolve(quote.document())))
        .contains("```java\n" + quote.code() + "\n```");
  }

  @Test
  void shouldKnowWhereJavaComesFromWhenADocumentShowsAny() throws IOException {
    List<String> known = new ArrayList<>();
    for (Quote quote : quotes()) {
      known.add(quote.code());
    }
    for (Path document : documents()) {
      List<String> shown =
          CODE.matcher(Files.readString(document))
              .results()
              .map((MatchResult found) -> found.group(1))
              .toList();
      assertThat(known).as("code in %s", document).containsAll(shown);
    }
  }

  @ParameterizedTest
  @MethodSource("documents")
  void shouldLeadSomewhereWhenADocumentHasALink(Path document) throws IOException {
    assertThat(LINK.matcher(Files.readString(document)).results())
        .map(link -> document.resolveSibling(link.group(1)))
        .allSatisfy(target -> assertThat(target).exists());
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
