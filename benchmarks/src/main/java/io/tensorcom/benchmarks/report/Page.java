// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page of the documentation with places for what is measured, and a folder of its pictures. */
final class Page {
  private final Path file;
  private final Path pictures;

  /**
   * Takes a page that is there.
   *
   * @param folder of its pictures, beside it; made if it is missing
   */
  Page(Path file, String folder) throws IOException {
    this.file = file;
    pictures = Files.createDirectories(file.resolveSibling(folder));
  }

  /** {@return where a picture of this name goes} */
  Path picture(String name) {
    return pictures.resolve(name + ".svg");
  }

  /** {@return what shows that picture in the page} */
  String shown(String name) {
    return "![" + name + "](" + pictures.getFileName() + "/" + name + ".svg)\n";
  }

  /**
   * Replaces what stands between {@code <!-- PLACE -->} and the next {@code <!-- end -->}.
   *
   * @throws IOException if the page has no such place
   */
  void fill(String place, String text) throws IOException {
    Matcher found =
        Pattern.compile("(<!-- " + place + " -->\n)(?:(?!<!-- ).)*(<!-- end -->)", Pattern.DOTALL)
            .matcher(Files.readString(file));
    if (!found.find()) {
      throw new IOException("no place for it: page=" + file + ", place=" + place);
    }
    Files.writeString(
        file, found.replaceFirst("$1" + Matcher.quoteReplacement("\n" + text + "\n") + "$2"));
  }
}
