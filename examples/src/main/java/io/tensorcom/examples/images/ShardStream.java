// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import io.tensorcom.examples.cli.UserException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The samples of one WebDataset shard: members of one key stand together, {@code KEY.EXTENSION}.
 * What is broken is skipped; a shard that cannot be read to its end ends there.
 */
final class ShardStream implements SampleStream {
  private static final Set<String> IMAGES = Set.of("png", "jpg", "jpeg", "ppm");
  private static final int LARGEST_MEMBER = 256 << 20;
  private static final int GZIP_MAGIC = 0x1f8b;

  private final Shard shard;
  private final SkipLog skips;
  private final Opening opening;
  private @Nullable WholeTar tar;
  private boolean ended;
  private @Nullable String aheadKey;
  private @Nullable String aheadExtension;
  private byte @Nullable [] aheadData;

  /**
   * What is done about a shard that cannot be opened.
   *
   * @param attempts how often opening is tried where trying again may help
   * @param firstWait how long to wait before the second attempt; before each further one twice that
   * @param required whether it is an error then; else the shard is skipped
   */
  record Opening(int attempts, Duration firstWait, boolean required) {}

  ShardStream(Shard shard, SkipLog skips, Opening opening) {
    this.shard = shard;
    this.skips = skips;
    this.opening = opening;
  }

  @Override
  public @Nullable EncodedSample next() throws InterruptedException {
    while (!ended) {
      Map<String, byte[]> members = new HashMap<>();
      String key = readMembers(members);
      if (key == null) {
        return null;
      }
      EncodedSample sample = sample(key, members);
      if (sample != null) {
        return sample;
      }
    }
    return null;
  }

  /** Reads the members of the next key and returns the key, or null at the end. */
  private @Nullable String readMembers(Map<String, byte[]> members) throws InterruptedException {
    try {
      String key = null;
      while (true) {
        if (aheadKey == null && !readAhead()) {
          ended = true;
          return key;
        }
        if (key != null && !key.equals(aheadKey)) {
          return key;
        }
        key = aheadKey;
        if (aheadExtension != null && aheadData != null) {
          members.put(aheadExtension, aheadData);
        }
        aheadKey = null;
      }
    } catch (UserException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      skips.skip("the rest of shard " + shard.name(), reason(e));
      ended = true;
      return null;
    }
  }

  private boolean readAhead() throws IOException, InterruptedException {
    WholeTar input = tar;
    if (input == null) {
      input = new WholeTar(uncompressed(open()));
      tar = input;
    }
    for (TarArchiveEntry entry = input.getNextEntry();
        entry != null;
        entry = input.getNextEntry()) {
      String name = entry.getName();
      int dot = name.indexOf('.', name.lastIndexOf('/') + 1);
      if (!entry.isFile() || dot < 0) {
        continue;
      }
      if (entry.getSize() > LARGEST_MEMBER) {
        skips.skip(shard.name() + " " + name, "larger than " + LARGEST_MEMBER + " bytes");
        continue;
      }
      byte[] data = input.readNBytes((int) entry.getSize());
      if (data.length < entry.getSize()) {
        throw new IOException("ends within " + name);
      }
      aheadKey = name.substring(0, dot);
      aheadExtension = name.substring(dot + 1).toLowerCase(Locale.ROOT);
      aheadData = data;
      return true;
    }
    if (!input.sawEnd()) {
      throw new IOException("ends without the end of an archive");
    }
    return false;
  }

  /** A tar archive that knows whether its end was there: two records of zeros (POSIX pax). */
  private static final class WholeTar extends TarArchiveInputStream {
    private boolean sawEnd;

    WholeTar(InputStream in) {
      super(in);
    }

    @Override
    protected boolean isEOFRecord(byte[] header) {
      boolean end = super.isEOFRecord(header);
      sawEnd |= end && header != null;
      return end;
    }

    boolean sawEnd() {
      return sawEnd;
    }
  }

  /** A shard that ends too early is only skipped from there. */
  private InputStream open() throws IOException, InterruptedException {
    Duration wait = opening.firstWait;
    for (int attempt = 1; ; attempt++) {
      try {
        return shard.open();
      } catch (IOException | IllegalArgumentException e) {
        if (attempt == opening.attempts || !shard.mayBeThereLater(e)) {
          if (opening.required) {
            throw new UserException(
                "cannot open shard: shard=" + shard.name() + ": " + reason(e), e);
          }
          throw new IOException("cannot be opened: " + reason(e), e);
        }
      }
      // Nothing tells when a server is back. Closing the pipeline interrupts the wait.
      Thread.sleep(wait.toMillis());
      wait = wait.multipliedBy(2);
    }
  }

  private static String reason(Exception e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static InputStream uncompressed(InputStream stored) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(stored, 1 << 16);
    buffered.mark(2);
    int magic = buffered.read() << 8 | buffered.read();
    buffered.reset();
    return magic == GZIP_MAGIC ? new GZIPInputStream(buffered, 1 << 16) : buffered;
  }

  private @Nullable EncodedSample sample(String key, Map<String, byte[]> members) {
    String name = shard.name() + " " + key;
    byte[] label = members.get("cls");
    for (Map.Entry<String, byte[]> member : members.entrySet()) {
      if (IMAGES.contains(member.getKey())) {
        if (label == null) {
          skips.skip(name, "no cls member");
          return null;
        }
        String text = new String(label, StandardCharsets.US_ASCII).strip();
        try {
          return new EncodedSample(name, member.getValue(), Integer.parseInt(text));
        } catch (NumberFormatException e) {
          skips.skip(name, "cls is not a number: cls=" + text);
          return null;
        }
      }
    }
    skips.skip(name, "no png, jpg, jpeg or ppm member");
    return null;
  }

  @Override
  public void close() {
    ended = true;
    try {
      if (tar != null) {
        tar.close();
      }
    } catch (IOException e) {
      skips.skip("the end of shard " + shard.name(), String.valueOf(e.getMessage()));
    }
  }
}
