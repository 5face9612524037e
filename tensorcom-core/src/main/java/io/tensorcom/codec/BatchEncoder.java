// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns batches into tenbin. Only headers are written; no byte of data moves.
 *
 * <p>An encoded batch alternates between header pieces, which this class writes one behind the
 * other into a buffer, and the tensors' own data: header piece 0, data 0, header piece 1, data 1, …
 * In {@link Encoding#MULTIPART} header piece k is the header frame of tensor k. In {@link
 * Encoding#SINGLE} it is everything between the data of tensor k-1 and that of tensor k (padding,
 * the header chunk, the head of the data chunk), and one more piece, the last padding, ends it.
 *
 * <p>Of uint32, which Python peers refuse, an encoder warns once, unless it was made to accept what
 * they cannot read. {@link #encode} allocates nothing. An encoder can be used again and again; not
 * thread-safe.
 */
public final class BatchEncoder {
  private static final Logger LOG = LoggerFactory.getLogger(BatchEncoder.class);

  private final Encoding encoding;
  private final boolean allowRankZero;
  private int[] pieceEnds = new int[8];
  private int pieceCount;
  private boolean warned;

  /** Makes an encoder that refuses tensors of rank 0, which Python peers cannot read. */
  public BatchEncoder(Encoding encoding) {
    this(encoding, false);
  }

  /** Makes an encoder that accepts tensors of rank 0 if told so. */
  public BatchEncoder(Encoding encoding, boolean allowRankZero) {
    this.encoding = Objects.requireNonNull(encoding, "encoding");
    this.allowRankZero = allowRankZero;
  }

  /** {@return the encoding} */
  public Encoding encoding() {
    return encoding;
  }

  /** {@return the bytes of all header pieces of this batch, without an extension} */
  public int headerBytes(TensorBatch batch) {
    return headerBytes(batch, null);
  }

  /** {@return the bytes of all header pieces of this batch with this extension, or without} */
  public int headerBytes(TensorBatch batch, @Nullable HeaderExtension extension) {
    int sum = isWritten(extension) ? HeaderExtension.BYTES : 0;
    int pad = 0;
    for (int i = 0; i < batch.size(); i++) {
      Tensor tensor = batch.get(i);
      int header = TensorHeaderDescriptor.length(tensor.rank());
      if (encoding == Encoding.MULTIPART) {
        sum += header;
      } else {
        sum += pad + (int) ChunkDescriptor.length(header) + ChunkDescriptor.PAYLOAD_OFFSET;
        pad = ChunkDescriptor.padding(tensor.byteSize());
      }
    }
    return sum + pad;
  }

  /**
   * Writes the header pieces of a batch; see {@link #pieceStart} and {@link #pieceEnd} for their
   * places.
   *
   * @param headers where to write, from index 0; little-endian order is set by this method
   * @return the bytes written, {@link #headerBytes}
   * @throws IllegalArgumentException if the batch is empty, or has a tensor of rank 0 that is not
   *     allowed
   * @throws IndexOutOfBoundsException if the buffer is too small
   */
  public int encode(TensorBatch batch, ByteBuffer headers) {
    return encode(batch, headers, null);
  }

  /**
   * As {@link #encode(TensorBatch, ByteBuffer)}, with an extension behind the dimensions of the
   * first tensor. {@link Encoding#SINGLE} has none.
   *
   * @return the bytes written
   */
  public int encode(TensorBatch batch, ByteBuffer headers, @Nullable HeaderExtension extension) {
    int count = batch.size();
    if (count == 0) {
      throw new IllegalArgumentException("empty batch: tensors=0 (expected: >= 1)");
    }
    headers.order(ByteOrder.LITTLE_ENDIAN);
    if (pieceEnds.length <= count) {
      pieceEnds = new int[count + 1];
    }
    int position = 0;
    for (int i = 0; i < count; i++) {
      Tensor tensor = batch.get(i);
      if (tensor.rank() == 0 && !allowRankZero) {
        throw new IllegalArgumentException(
            "rank 0 cannot be read by Python peers: tensor=" + i + "; give it the shape [1]");
      }
      if (warnsOf(tensor.dtype())) {
        LOG.warn("uint32 cannot be read by Python peers: tensor={}; said once for all batches", i);
      }
      if (encoding == Encoding.MULTIPART) {
        position += TensorHeaderDescriptor.write(headers, position, tensor);
        if (i == 0 && extension != null) {
          extension.write(headers, position);
          position += HeaderExtension.BYTES;
        }
      } else {
        position = writeChunks(headers, position, tensor);
      }
      pieceEnds[i] = position;
      if (encoding == Encoding.SINGLE) {
        position = zero(headers, position, ChunkDescriptor.padding(tensor.byteSize()));
      }
    }
    pieceEnds[count] = position;
    pieceCount = encoding == Encoding.SINGLE ? count + 1 : count;
    if (extension != null && isWritten(extension) && extension.hasChecksum()) {
      int offset = TensorHeaderDescriptor.length(batch.get(0).rank());
      HeaderExtension.writeChecksum(headers, offset, checksum(batch, headers));
    }
    return position;
  }

  /** {@return whether Python peers refuse the type, and it was not told before} */
  boolean warnsOf(DType dtype) {
    boolean warns = dtype == DType.UINT32 && !warned && !allowRankZero;
    warned |= warns;
    return warns;
  }

  private boolean isWritten(@Nullable HeaderExtension extension) {
    return extension != null && encoding == Encoding.MULTIPART;
  }

  private long checksum(TensorBatch batch, ByteBuffer headers) {
    BatchChecksum checksum = new BatchChecksum();
    for (int i = 0; i < batch.size(); i++) {
      checksum.add(headers, pieceStart(i), batch.get(i).rank(), batch.get(i).data());
    }
    return checksum.value();
  }

  /** {@return the number of header pieces of the batch encoded last} */
  public int pieceCount() {
    return pieceCount;
  }

  /** {@return where a header piece of the batch encoded last begins} */
  public int pieceStart(int index) {
    return index == 0 ? 0 : pieceEnds[Objects.checkIndex(index, pieceCount) - 1];
  }

  /** {@return where a header piece of the batch encoded last ends} */
  public int pieceEnd(int index) {
    return pieceEnds[Objects.checkIndex(index, pieceCount)];
  }

  /**
   * Encodes a batch into a message that borrows the batch's memory until its release: the batch is
   * retained here and released there.
   */
  public Message message(TensorBatch batch) {
    return message(batch, null);
  }

  /** As {@link #message(TensorBatch)}, with an extension. */
  public Message message(TensorBatch batch, @Nullable HeaderExtension extension) {
    ByteBuffer headers = ByteBuffer.allocate(headerBytes(batch, extension));
    encode(batch, headers, extension);
    int tensors = batch.size();
    ByteBuffer[] pieces = new ByteBuffer[tensors + pieceCount];
    for (int i = 0; i < pieceCount; i++) {
      pieces[2 * i] = headers.slice(pieceStart(i), pieceEnd(i) - pieceStart(i));
      if (i < tensors) {
        pieces[2 * i + 1] = batch.get(i).data();
      }
    }
    batch.retain();
    return Message.outbound(pieces, encoding == Encoding.SINGLE, batch::release);
  }

  private static int writeChunks(ByteBuffer headers, int start, Tensor tensor) {
    int headerLength = TensorHeaderDescriptor.length(tensor.rank());
    ChunkDescriptor.writeHead(headers, start, headerLength);
    int position = start + ChunkDescriptor.PAYLOAD_OFFSET;
    position += TensorHeaderDescriptor.write(headers, position, tensor);
    position = zero(headers, position, ChunkDescriptor.padding(headerLength));
    ChunkDescriptor.writeHead(headers, position, tensor.byteSize());
    return position + ChunkDescriptor.PAYLOAD_OFFSET;
  }

  private static int zero(ByteBuffer headers, int start, int count) {
    for (int i = start; i < start + count; i++) {
      headers.put(i, (byte) 0);
    }
    return start + count;
  }
}
