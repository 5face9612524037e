// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Writes a {@code .ten} file batch by batch. Not thread-safe. */
public final class TenFileWriter implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;
  private final BatchEncoder encoder = new BatchEncoder(Encoding.SINGLE);
  private final List<Long> ends = new ArrayList<>();
  private boolean closed;

  TenFileWriter(Path path) throws IOException {
    this.path = path;
    // An index of what was here before would fit by accident.
    Files.deleteIfExists(TenIndex.beside(path));
    this.channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
  }

  /**
   * Appends a batch, which is borrowed.
   *
   * @throws IOException if it cannot be written; the file then ends with the batch before, has its
   *     index, and more can be written
   */
  public void write(TensorBatch batch) throws IOException {
    Message message = encoder.message(batch);
    try {
      ByteBuffer[] pieces = new ByteBuffer[message.pieceCount()];
      for (int i = 0; i < pieces.length; i++) {
        pieces[i] = message.piece(i).duplicate();
      }
      while (hasRemaining(pieces)) {
        channel.write(pieces);
      }
      ends.add(channel.position());
    } catch (IOException e) {
      keepWholeBatches(e);
      throw e;
    } finally {
      message.release();
    }
  }

  /** A disk that is full has room again for the index once the piece of a batch is gone. */
  private void keepWholeBatches(IOException failure) {
    try {
      channel.truncate(ends.isEmpty() ? 0 : ends.get(ends.size() - 1));
      TenIndex.write(path, ends);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private static boolean hasRemaining(ByteBuffer[] pieces) {
    for (ByteBuffer piece : pieces) {
      if (piece.hasRemaining()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Closes the file and writes its index.
   *
   * @throws IOException if the index cannot be written
   */
  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      channel.close();
      TenIndex.write(path, ends);
    }
  }
}
