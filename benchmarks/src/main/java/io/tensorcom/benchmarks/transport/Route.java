// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Fresh addresses of one transport and medium, written as {@code netty-tcp}, {@code netty-ipc} or
 * {@code jeromq-tcp}. Subscribers are waited for and batches are never dropped, so that everybody
 * receives all that is counted.
 */
final class Route {
  private final String options;
  private final String medium;
  private final List<Path> sockets = new ArrayList<>();
  private final @Nullable Path folder;

  Route(String name) throws IOException {
    String[] parts = name.split("-", 2);
    this.medium = parts[1];
    this.options = "?slow=60s&transport=" + parts[0];
    this.folder = medium.equals("ipc") ? Files.createTempDirectory("tensorcom") : null;
  }

  /** {@return a URL to bind} */
  String bind(String scheme) {
    if (folder == null) {
      return scheme + "://127.0.0.1:0" + options;
    }
    Path socket = folder.resolve("socket" + sockets.size());
    sockets.add(socket);
    return scheme + "+ipc://" + socket + options;
  }

  /** {@return the URL to connect to where somebody has bound} */
  String connect(String scheme, List<String> bound) {
    return scheme + "+" + bound.get(0) + options;
  }

  void close() {
    if (folder != null) {
      try {
        for (Path socket : sockets) {
          Files.deleteIfExists(socket);
        }
        Files.delete(folder);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
