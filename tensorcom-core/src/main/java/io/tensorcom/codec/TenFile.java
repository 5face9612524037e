// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import java.io.IOException;
import java.nio.file.Path;

/**
 * {@code .ten} files: batches in the single encoding, one behind the other, as the Python tensorcom
 * writes and reads them.
 *
 * <p>The file itself does not say where one batch ends and the next begins. That stands in an index
 * beside it, {@code NAME.ten.idx}; a file without one is one batch.
 */
public final class TenFile {
  private TenFile() {}

  /**
   * Opens a file for reading; it is memory-mapped batch by batch.
   *
   * @throws IOException if the file cannot be read
   */
  public static TenFileReader open(Path path) throws IOException {
    return new TenFileReader(path);
  }

  /**
   * Creates a file, or overwrites it. The index is written when the writer is closed.
   *
   * @throws IOException if the file cannot be written
   */
  public static TenFileWriter create(Path path) throws IOException {
    return new TenFileWriter(path);
  }
}
