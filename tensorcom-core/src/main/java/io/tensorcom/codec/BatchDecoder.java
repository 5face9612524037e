// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Turns received messages into batches: checks everything, then wraps the memory the frames lie in.
 *
 * <p>Both encodings are understood; a message of one frame is {@link Encoding#SINGLE}. A tensor
 * whose frame is not leased memory (small frames of some transports) is copied into memory from the
 * pool. Thread-safe.
 */
public final class BatchDecoder {
  private final DecodeLimits limits;
  private final TensorPool pool;

  /**
   * Makes a decoder.
   *
   * @param pool where tensors that do not lie in leased memory are copied to
   */
  public BatchDecoder(DecodeLimits limits, TensorPool pool) {
    this.limits = Objects.requireNonNull(limits, "limits");
    this.pool = Objects.requireNonNull(pool, "pool");
  }

  /**
   * {@return whether a message with this first frame has a checksum to be compared: then it saves
   * time to have made those of its frames as they came, see {@link Message#frameSum}}
   */
  public static boolean usesSums(ByteBuffer firstFrame) {
    return HeaderExtension.tellsChecksum(firstFrame);
  }

  /**
   * Decodes a message, which is consumed: its leases belong to the batch afterwards, or are
   * released when an exception is thrown.
   *
   * @throws MalformedBatchException if the message is not a batch within the limits
   */
  public TensorBatch decode(Message message) {
    try {
      int frames = message.pieceCount();
      if (message.byteSize() > limits.maxBytes()) {
        throw new MalformedBatchException(
            "message bytes", "message", "<= " + limits.maxBytes(), "" + message.byteSize());
      }
      if (frames == 1) {
        return decodeSingle(message);
      }
      if (frames == 0 || frames % 2 != 0) {
        throw new MalformedBatchException(
            "frames", "message", "a header and a data frame per tensor", "" + frames);
      }
      checkTensorCount(frames / 2);
      return decodeMultipart(message);
    } finally {
      message.release();
    }
  }

  private TensorBatch decodeMultipart(Message message) {
    int count = message.pieceCount() / 2;
    // All headers are checked before the first lease changes hands.
    TensorHeader[] headers = new TensorHeader[count];
    ByteBuffer first = TensorHeader.view(message.piece(0));
    for (int i = 0; i < count; i++) {
      ByteBuffer frame = i == 0 ? first : message.piece(2 * i);
      headers[i] = TensorHeader.read(frame, 0, frame.remaining(), i, limits);
      headers[i].checkDataLength(message.piece(2 * i + 1).remaining(), i);
    }
    BatchOrigin origin = headers[0].origin(first);
    if (origin != null && (origin.flags() & BatchOrigin.CHECKSUM) != 0) {
      verify(message, headers);
    }
    Tensor[] tensors = new Tensor[count];
    int made = 0;
    try {
      for (; made < count; made++) {
        tensors[made] = tensor(headers[made], message, 2 * made + 1);
      }
    } finally {
      closeUnlessComplete(tensors, made);
    }
    return TensorBatch.received(origin, tensors);
  }

  private static void verify(Message message, TensorHeader[] headers) {
    ByteBuffer first = message.piece(0).slice().order(ByteOrder.LITTLE_ENDIAN);
    long told = HeaderExtension.checksum(first, headers[0].length());
    long actual = BatchChecksum.of(message, headers);
    if (told != actual) {
      throw new MalformedBatchException(
          "checksum", "message", Long.toHexString(told), Long.toHexString(actual));
    }
  }

  private Tensor tensor(TensorHeader header, Message message, int frame) {
    Lease lease = message.takeLease(frame);
    if (lease == null) {
      lease = copy(message.piece(frame));
    }
    return header.over(lease, 0);
  }

  private TensorBatch decodeSingle(Message message) {
    ByteBuffer frame = message.piece(0);
    List<TensorHeader> headers = new ArrayList<>();
    List<Integer> offsets = new ArrayList<>();
    ChunkReader chunks = new ChunkReader(frame, limits);
    while (chunks.hasNext()) {
      checkTensorCount(headers.size() + 1);
      TensorHeader header = chunks.nextTensor(headers.size());
      headers.add(header);
      offsets.add(chunks.dataOffset());
    }
    if (headers.isEmpty()) {
      throw new MalformedBatchException("tensors", "message", ">= 1", "0");
    }
    Lease lease = message.takeLease(0);
    if (lease == null) {
      lease = copy(frame);
    }
    Tensor[] tensors = new Tensor[headers.size()];
    for (int i = 0; i < tensors.length; i++) {
      tensors[i] = headers.get(i).over(i == 0 ? lease : lease.retain(), offsets.get(i));
    }
    return TensorBatch.of(tensors);
  }

  /** Copies a frame that is not leased memory; from the JVM's heap of direct memory if need be. */
  private Lease copy(ByteBuffer frame) {
    @Nullable Lease lease = pool.tryLease(frame.remaining());
    if (lease == null) {
      lease = Lease.of(ByteBuffer.allocateDirect(frame.remaining()), null);
    }
    lease.fill(frame);
    return lease;
  }

  private void checkTensorCount(int count) {
    if (count > limits.maxTensors()) {
      throw new MalformedBatchException(
          "tensors", "message", "<= " + limits.maxTensors(), count + " or more");
    }
  }

  private static void closeUnlessComplete(Tensor[] tensors, int made) {
    if (made < tensors.length) {
      for (int i = 0; i < made; i++) {
        tensors[i].close();
      }
    }
  }
}
