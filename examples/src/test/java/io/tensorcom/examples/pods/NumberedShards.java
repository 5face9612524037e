// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import io.tensorcom.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Shards of images that can be told apart: the first pixel is the image's number. */
final class NumberedShards {
  static final int SHARDS = 8;
  static final int IMAGES_PER_SHARD = 480;

  /** Where pods see them. */
  static final String FOLDER = "/shards";

  private static final int SIDE = 28;

  private NumberedShards() {}

  /** Writes {@code shard-0.tar} and so on. */
  static Path write(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (int shard = 0; shard < SHARDS; shard++) {
      Path file = folder.resolve("shard-" + shard + ".tar");
      try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
        for (int i = 0; i < IMAGES_PER_SHARD; i++) {
          int number = shard * IMAGES_PER_SHARD + i;
          member(tar, number + ".ppm", image(number));
          member(
              tar,
              number + ".cls",
              Integer.toString(number % 10).getBytes(StandardCharsets.US_ASCII));
        }
      }
    }
    return folder;
  }

  /** Has a server serve them at two and a half batches a second, for a machine with other work. */
  static PodManifest servedBy(PodManifest server) {
    String shards = FOLDER + "/shard-{0.." + (SHARDS - 1) + "}.tar";
    return server
        .with("TENSORCOM_SHARDS", "pipe:slowly 100000 " + shards)
        .with("TENSORCOM_THREADS", "1");
  }

  private static void member(TarArchiveOutputStream tar, String name, byte[] content)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(content.length);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  private static byte[] image(int number) {
    byte[] header = ("P6 " + SIDE + " " + SIDE + " 255\n").getBytes(StandardCharsets.US_ASCII);
    byte[] image = Arrays.copyOf(header, header.length + 3 * SIDE * SIDE);
    for (int i = 0; i < 3; i++) {
      image[header.length + i] = (byte) (number >> (8 * i));
    }
    return image;
  }

  /** {@return the number of an image of a batch} */
  static int number(Tensor images, int index) {
    int at = Math.toIntExact(index * (images.byteSize() / images.dim(0)));
    int number = 0;
    for (int i = 0; i < 3; i++) {
      number |= (images.data().get(at + i) & 0xff) << (8 * i);
    }
    return number;
  }
}
