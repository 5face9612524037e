// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.images;

import io.tensorcom.examples.images.Decoding;
import io.tensorcom.examples.images.ServerPart;
import io.tensorcom.examples.images.Shard;
import io.tensorcom.examples.images.ShardSource;
import io.tensorcom.examples.images.SkipLog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;

/** The shard of the sample photographs, in a file of its own. */
final class Photos {
  private static final String NAME = "/photos-000000.tar";

  private final Path file;
  private final SkipLog skips = new SkipLog(line -> System.err.println(line));

  Photos() throws IOException {
    file = Files.createTempFile("tensorcom-photos", ".tar");
    try (InputStream shard = Objects.requireNonNull(Photos.class.getResourceAsStream(NAME), NAME)) {
      Files.copy(shard, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** {@return those that are {@code baseline}, or those that are {@code progressive}} */
  static List<byte[]> files(String coding) throws IOException, InterruptedException {
    boolean progressive = coding.equals("progressive");
    if (!progressive && !coding.equals("baseline")) {
      throw new IllegalArgumentException("coding: " + coding);
    }
    Photos photos = new Photos();
    List<byte[]> all = Decoding.files(photos.source());
    photos.delete();
    List<byte[]> files =
        all.stream().filter(file -> Decoding.isProgressive(file) == progressive).toList();
    if (files.isEmpty()) {
      throw new IllegalStateException("no photographs: coding=" + coding);
    }
    return files;
  }

  ShardSource source() {
    return new ShardSource(List.of(new Shard(file.toString())), ServerPart.ALL, null, skips);
  }

  SkipLog skips() {
    return skips;
  }

  void delete() throws IOException {
    Files.delete(file);
  }
}
