// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

import io.tensorcom.tensor.TensorBatch;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file with one line per batch, which one process writes and another reads afterwards. What was
 * added is in the file even if the process is killed. Not thread-safe.
 */
final class BatchLog implements AutoCloseable {
  /**
   * One batch.
   *
   * @param hash of its content
   * @param samples in it: the first dimension of the first tensor
   * @param bytes of its tensors' data
   */
  record Entry(String hash, long samples, long bytes) {}

  private final Writer writer;
  private long batches;
  private long samples;
  private long bytes;

  private BatchLog(Writer writer) {
    this.writer = writer;
  }

  static BatchLog create(Path path) throws IOException {
    return new BatchLog(Files.newBufferedWriter(path));
  }

  /** Adds a batch, which is borrowed. */
  void add(TensorBatch batch) throws IOException {
    long size = batch.get(0).dim(0);
    writer.write(ContentHash.of(batch) + " " + size + " " + batch.byteSize() + "\n");
    writer.flush();
    batches++;
    samples += size;
    bytes += batch.byteSize();
  }

  /** {@return what was added so far} */
  Totals totals() {
    return new Totals(batches, samples, bytes);
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }

  /** Reads a log; a line that its writer was killed over is left out. */
  static List<Entry> read(Path path) throws IOException {
    List<Entry> entries = new ArrayList<>();
    String text = Files.readString(path);
    for (int start = 0, end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      String[] words = text.substring(start, end).split(" ", -1);
      entries.add(new Entry(words[0], Long.parseLong(words[1]), Long.parseLong(words[2])));
      start = end + 1;
    }
    return entries;
  }
}
