// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/** The scripts beside these classes. */
final class Resources {
  private Resources() {}

  static Path file(String name) {
    try {
      return Path.of(Objects.requireNonNull(Resources.class.getResource(name), name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
