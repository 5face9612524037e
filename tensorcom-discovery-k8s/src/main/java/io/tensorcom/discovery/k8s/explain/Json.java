// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.explain;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes one JSON object (RFC 8259); the module needs no more, and no library for it. */
final class Json {
  private final StringBuilder text = new StringBuilder();

  private Json() {}

  static Json object() {
    return new Json();
  }

  Json text(String name, @Nullable String value) {
    return member(name, value == null ? "null" : quote(value));
  }

  Json texts(String name, List<String> values) {
    return member(name, list(values.stream().map(Json::quote).toList()));
  }

  Json objects(String name, List<Json> values) {
    return member(name, list(values.stream().map(Json::toString).toList()));
  }

  Json number(String name, long value) {
    return member(name, Long.toString(value));
  }

  Json number(String name, double value) {
    return member(name, String.format(Locale.ROOT, "%.3f", value));
  }

  Json bool(String name, boolean value) {
    return member(name, Boolean.toString(value));
  }

  private static String list(List<String> values) {
    return values.stream().collect(Collectors.joining(",", "[", "]"));
  }

  private Json member(String name, String value) {
    text.append(text.isEmpty() ? "" : ",").append(quote(name)).append(':').append(value);
    return this;
  }

  private static String quote(String value) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  @Override
  public String toString() {
    return "{" + text + "}";
  }
}
