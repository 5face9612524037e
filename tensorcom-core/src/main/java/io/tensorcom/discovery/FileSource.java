// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A file of lines, read again when it looks different: its time, size or identity. */
final class FileSource implements EntrySource {
  private static final int MOST_BYTES = 1 << 20;

  private final Path path;
  private @Nullable String seen;
  private List<HostPort> entries = List.of();

  FileSource(Path path) {
    this.path = path;
  }

  @Override
  public List<HostPort> entries(ServiceName name) throws IOException {
    try {
      BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
      String looks = now.lastModifiedTime() + " " + now.size() + " " + now.fileKey();
      if (!Objects.equals(looks, seen)) {
        if (now.size() > MOST_BYTES) {
          throw new IOException("file " + path + ": " + now.size() + " bytes (expected: <= 1 MiB)");
        }
        entries = HostPort.parseLines(Files.readString(path, StandardCharsets.UTF_8));
        seen = looks;
      }
      return entries;
    } catch (NoSuchFileException e) {
      seen = null;
      throw new IOException("no such file: " + path, e);
    } catch (IllegalArgumentException e) {
      throw new IOException("file " + path + ": " + e.getMessage(), e);
    }
  }

  @Override
  public Duration interval() {
    return Duration.ofSeconds(1);
  }
}
