// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Shards made for a test, and where the sample data is. */
public final class Archives {
  static final Path DATA =
      Path.of(System.getProperty("tensorcom.root", "..")).resolve("examples/data");

  private Archives() {}

  /** The first training shards of the sample data. */
  public static List<Shard> fashionMnist(int count) {
    return Shard.parse(fashionMnistPattern(count));
  }

  /** The same as tools take it. */
  public static String fashionMnistPattern(int count) {
    String pattern =
        String.format("fashion-mnist/fashion-mnist-train-{000000..%06d}.tgz", count - 1);
    return DATA.resolve(pattern).toString();
  }

  /** The photographs of the sample data. */
  static List<byte[]> photos() throws InterruptedException {
    List<Shard> shards = Shard.parse(DATA.resolve("photos/photos-000000.tar").toString());
    ShardSource source = new ShardSource(shards, ServerPart.ALL, null, new SkipLog(line -> {}));
    List<byte[]> photos = new ArrayList<>();
    try (SampleStream stream = source.openPass(0)) {
      for (EncodedSample each = stream.next(); each != null; each = stream.next()) {
        photos.add(each.image());
      }
    }
    return photos;
  }

  static byte[] png(BufferedImage image) {
    return encode(image, "png");
  }

  private static byte[] encode(BufferedImage image, String format) {
    try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
      ImageIO.write(image, format, out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A PNG of one color. */
  static byte[] plain(int width, int height, int rgb) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, rgb);
      }
    }
    return png(image);
  }

  /** Appends members to a tar archive as name, content, name, content... */
  static Path tar(Path file, Object... members) throws IOException {
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < members.length; i += 2) {
        byte[] content =
            members[i + 1] instanceof byte[] bytes
                ? bytes
                : members[i + 1].toString().getBytes(StandardCharsets.US_ASCII);
        TarArchiveEntry entry = new TarArchiveEntry(members[i].toString());
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
    return file;
  }
}
