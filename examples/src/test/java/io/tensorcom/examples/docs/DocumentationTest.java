// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The code in the documentation is the code that is compiled, and its links lead somewhere. */
final class DocumentationTest {
  private static final Path ROOT = Path.of(System.getProperty("tensorcom.root", "..")).normalize();
  private static final Path SOURCES =
      ROOT.resolve("examples/src/main/java/io/tensorcom/examples/docs");
  private static final List<String> PLACES =
      List.of(
          "README.md",
          "CHANGELOG.md",
          "SECURITY.md",
          "benchmarks/README.md",
          "docs",
          "examples/data",
          "examples/python",
          "tensorcom-core/src/test/resources/vectors");
  private static final Pattern CODE = Pattern.compile("```java\n(.*?)\n```", Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:\\s]+)(?:#[^)]*)?\\)");
  private static final Pattern ANCHOR = Pattern.compile("\\]\\(([^)#:\\s]*)#([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");

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
    List<Path> documents = new ArrayList<>();
    for (String place : PLACES) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(place))) {
        files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
      }
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
    assertThat(targets(document)).allSatisfy(target -> assertThat(target).exists());
  }

  @ParameterizedTest
  @MethodSource("documents")
  void shouldLeadToAHeadingWhenALinkNamesOne(Path document) throws IOException {
    assertThat(ANCHOR.matcher(Files.readString(document)).results())
        .allSatisfy(link -> assertThat(anchors(document, link.group(1))).contains(link.group(2)));
  }

  @Test
  void shouldBeLinkedFromAnotherWhenItIsADocument() throws IOException {
    List<Path> linked = new ArrayList<>();
    for (Path document : documents()) {
      targets(document).filter(target -> !target.equals(document)).forEach(linked::add);
    }
    assertThat(linked).containsAll(documents());
  }

  private static Stream<Path> targets(Path document) throws IOException {
    return LINK.matcher(Files.readString(document))
        .results()
        .map(link -> document.resolveSibling(link.group(1)).normalize());
  }

  /** The names that GitHub gives to a document's headings. */
  private static List<String> anchors(Path from, String link) throws IOException {
    Path document = link.isEmpty() ? from : from.resolveSibling(link);
    return HEADING
        .matcher(Files.readString(document))
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\w -]", "").replace(' ', '-'))
        .toList();
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
