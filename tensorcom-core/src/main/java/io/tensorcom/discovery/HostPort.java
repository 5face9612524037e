// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.util.ArrayList;
import java.util.List;

/** An entry of a list: a literal address or a name, without brackets, and a port. */
record HostPort(String host, int port) {
  /** Parses {@code host:port}, with an IPv6 address in brackets. */
  static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      host = "";
    }
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (!host.isEmpty() && !host.contains(" ") && port >= 1 && port <= 65_535) {
        return new HostPort(host, port);
      }
    } catch (NumberFormatException e) {
      // Falls through to the one message.
    }
    throw new IllegalArgumentException(
        "entry: " + text + " (expected: host:port, or [address]:port for IPv6)");
  }

  /** Parses {@code a:1,b:2}. */
  static List<HostPort> parseList(String text) {
    List<HostPort> all = new ArrayList<>();
    for (String entry : text.split(",", -1)) {
      all.add(parse(entry.strip()));
    }
    return all;
  }

  /** Parses lines of {@code host:port}; what follows a {@code #} is a comment. */
  static List<HostPort> parseLines(String text) {
    List<HostPort> all = new ArrayList<>();
    for (String line : text.split("\\R", -1)) {
      int hash = line.indexOf('#');
      String entry = (hash < 0 ? line : line.substring(0, hash)).strip();
      if (!entry.isEmpty()) {
        all.add(parse(entry));
      }
    }
    return all;
  }
}
