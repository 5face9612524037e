// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Reads a {@code .ten} file. Each batch is mapped into memory by itself, read-only, and stays
 * mapped until its memory is collected as garbage; a batch is at most 2 GiB. The file must not be
 * shortened meanwhile. Not thread-safe; batches may be used after the reader is closed.
 */
public final class TenFileReader implements Iterable<TensorBatch>, AutoCloseable {
  private static final DecodeLimits LIMITS =
      new DecodeLimits(1 << 20, Integer.MAX_VALUE, DecodeLimits.DEFAULT.maxHeaderBytes());

  private final Path path;
  private final FileChannel channel;
  private final long[] ends;
  // Never leased from: what is mapped is a lease already.
  private final BatchDecoder decoder = new BatchDecoder(LIMITS, TensorPool.ofBudget(256));

  TenFileReader(Path path) throws IOException {
    this.path = path;
    this.channel = FileChannel.open(path, StandardOpenOption.READ);
    try {
      long length = channel.size();
      long[] indexed = TenIndex.read(path, length);
      this.ends = indexed != null ? indexed : new long[] {length};
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** {@return the number of batches: one, if the file has no index} */
  public int batchCount() {
    return ends.length;
  }

  /**
   * Reads a batch, which belongs to the caller.
   *
   * @throws MalformedBatchException if there is none at its place in the file
   * @throws UncheckedIOException if the file cannot be mapped
   */
  public TensorBatch batch(int index) {
    long start = index == 0 ? 0 : ends[index - 1];
    long length = ends[index] - start;
    String where = "file " + path + ", batch " + index + " from byte " + start;
    if (length > Integer.MAX_VALUE) {
      throw new MalformedBatchException(
          "batch length", where, "<= " + Integer.MAX_VALUE, "" + length);
    }
    try {
      ByteBuffer mapped = channel.map(MapMode.READ_ONLY, start, length);
      Lease lease = Lease.of(mapped, null);
      return decoder.decode(Message.inbound(List.of(lease.buffer()), List.of(lease), ""));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot map: " + where, e);
    } catch (MalformedBatchException e) {
      throw e.within(where);
    }
  }

  /** {@return an iterator over all batches, which belong to the caller} */
  @Override
  public Iterator<TensorBatch> iterator() {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < ends.length;
      }

      @Override
      public TensorBatch next() {
        if (!hasNext()) {
          throw new NoSuchElementException("batch=" + next);
        }
        return batch(next++);
      }
    };
  }

  /**
   * Closes the file.
   *
   * @throws IOException if that fails
   */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
