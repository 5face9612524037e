// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * The file of a Unix-domain socket that is bound, removed before the listener is closed: whoever
 * finds nobody listening there may have bound it again by then. Netty removes what is at the path
 * once more when it has closed the listener, so this address has none from then on.
 */
final class OwnedPath extends DomainSocketAddress {
  private static final long serialVersionUID = 1L;

  private transient @Nullable Object file;
  private boolean removed;

  OwnedPath(String path) {
    super(path);
  }

  /** Tells that the file is there now. */
  void bound() throws IOException {
    file = key();
  }

  /** Removes the file, unless it is another one by now. */
  void remove() {
    try {
      if (file == null || file.equals(key())) {
        Files.deleteIfExists(Path.of(path()));
      }
    } catch (IOException e) {
      // It is gone, or whoever binds the path next removes it.
    }
    removed = true;
  }

  private @Nullable Object key() throws IOException {
    return Files.readAttributes(
            Path.of(path()), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  @Override
  public String path() {
    return removed ? "" : super.path();
  }
}
