// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Layout of the index beside a {@code .ten} file: little-endian int64 words.
 *
 * <pre>
 *   0          8             16            24
 *  +----------+-------------+-------------+- - - - - - - - - - - - - -+
 *  | ~TenIdx~ | file length | batch count | end offset of each batch  |
 *  +----------+-------------+-------------+- - - - - - - - - - - - - -+
 * </pre>
 */
final class TenIndex {
  private static final Logger LOG = LoggerFactory.getLogger(TenIndex.class);

  /** {@code ~TenIdx~} as a little-endian int64. */
  private static final long MAGIC = 0x7e78_6449_6e65_547eL;

  private static final int SHORTEST_BATCH = 64;
  private static final int WORDS_BEFORE_ENDS = 3;

  private TenIndex() {}

  static Path beside(Path file) {
    return file.resolveSibling(file.getFileName() + ".idx");
  }

  static void write(Path file, List<Long> ends) throws IOException {
    int words = WORDS_BEFORE_ENDS + ends.size();
    ByteBuffer buffer = ByteBuffer.allocate(words * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long length = ends.isEmpty() ? 0 : ends.get(ends.size() - 1);
    buffer.putLong(MAGIC).putLong(length).putLong(ends.size());
    ends.forEach(buffer::putLong);
    Path index = beside(file);
    // A reader never sees half of an index.
    Path partial = file.resolveSibling(file.getFileName() + ".idx.part");
    try {
      Files.write(partial, buffer.array());
      Files.move(partial, index, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      Files.deleteIfExists(partial);
      throw e;
    }
  }

  /** {@return the end of each batch, or null without an index that fits the file} */
  static long @Nullable [] read(Path file, long fileLength) throws IOException {
    Path index = beside(file);
    if (!Files.exists(index)) {
      return null;
    }
    // No batch is shorter than a chunk's first bytes: a longer index is not of this file.
    if (Files.size(index) / Long.BYTES > WORDS_BEFORE_ENDS + fileLength / SHORTEST_BATCH) {
      LOG.warn("index ignored, it is too large: index={}", index);
      return null;
    }
    ByteBuffer words = ByteBuffer.wrap(Files.readAllBytes(index)).order(ByteOrder.LITTLE_ENDIAN);
    try {
      if (words.getLong() == MAGIC && words.getLong() == fileLength) {
        long count = words.getLong();
        long[] ends = new long[words.remaining() / Long.BYTES];
        words.asLongBuffer().get(ends);
        if (count == ends.length && isAscending(ends, fileLength)) {
          return ends;
        }
      }
    } catch (BufferUnderflowException e) {
      // Falls through to the warning.
    }
    LOG.warn(
        "index ignored, it is not of this file: index={}, fileLength={}; the file is taken for one"
            + " batch",
        index,
        fileLength);
    return null;
  }

  private static boolean isAscending(long[] ends, long fileLength) {
    long before = 0;
    for (long end : ends) {
      if (end <= before) {
        return false;
      }
      before = end;
    }
    return before == fileLength;
  }
}
