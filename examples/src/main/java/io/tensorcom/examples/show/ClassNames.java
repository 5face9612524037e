// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tensorcom.examples.cli.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What classes are called. Immutable. */
final class ClassNames {
  static final ClassNames NONE = new ClassNames(Map.of());

  private final Map<String, String> names;

  private ClassNames(Map<String, String> names) {
    this.names = names;
  }

  /**
   * Reads {@code {"0": "tench", "1": …}}, or an array; in place of a name several may stand, as in
   * ImageNet's {@code ["n01440764", "tench"]}.
   *
   * @throws UserException if it is neither
   */
  static ClassNames read(Path file) throws IOException {
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new UserException(file + ": not JSON: " + e.getOriginalMessage(), e);
    }
    if (root == null || !(root.isObject() || root.isArray())) {
      throw new UserException(
          file + ": no names (expected: {\"0\": \"tench\", ...} or [\"tench\", ...])");
    }
    Map<String, String> names = new HashMap<>();
    if (root.isObject()) {
      root.properties().forEach(entry -> names.put(entry.getKey(), text(entry.getValue())));
    } else {
      root.forEach(each -> names.put(Integer.toString(names.size()), text(each)));
    }
    return new ClassNames(Map.copyOf(names));
  }

  private static String text(JsonNode node) {
    if (!node.isArray()) {
      return node.asText();
    }
    List<String> parts = new ArrayList<>();
    node.forEach(part -> parts.add(part.asText()));
    return String.join(" ", parts);
  }

  /** {@return the name of a class, or its number if it has none} */
  String of(String number) {
    return names.getOrDefault(number, number);
  }
}
