// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.OutgoingStream;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.ShardPosition;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * How much garbage a batch of two tensors costs once the code is compiled, numbered as senders do
 * by default: the least of many tries.
 */
final class CodecAllocationTest {
  private static final int CHUNKS = 20;
  private static final int ROUNDS = 10_000;
  private static final int IMAGE_BYTES = 4 * 8 * 8 * 3;

  private final TensorPool pool = TensorPool.ofBudget(1 << 20);
  private final ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

  private TensorBatch batch() {
    return TensorBatch.of(
        Tensor.allocate(pool, DType.UINT8, 4, 8, 8, 3), Tensor.allocate(pool, DType.INT32, 4));
  }

  @Test
  void shouldAllocateNothingWhenEncoding() {
    BatchEncoder encoder = new BatchEncoder(Encoding.MULTIPART);
    OutgoingStream stream = new OutgoingStream(1, false);
    ByteBuffer headers = ByteBuffer.allocateDirect(1024);
    try (TensorBatch batch = batch()) {
      long least = Long.MAX_VALUE;
      for (int chunk = 0; chunk < CHUNKS; chunk++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < ROUNDS; i++) {
          encoder.encode(batch, headers, stream.next(BatchMark.NONE, i));
          stream.sent(BatchMark.NONE);
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }

      assertThat(least / ROUNDS).as("bytes of garbage for each batch").isZero();
    }
  }

  @Test
  void shouldAllocateNothingWhenLookingForAChecksum() {
    HeaderExtension extension = new HeaderExtension();
    extension.mark(ShardPosition.UNKNOWN, BatchOrigin.CHECKSUM, 0);
    try (TensorBatch batch = batch()) {
      Message message = new BatchEncoder(Encoding.MULTIPART).message(batch, extension);
      ByteBuffer header = message.piece(0).slice().order(ByteOrder.BIG_ENDIAN);
      boolean always = true;
      long before = threads.getCurrentThreadAllocatedBytes();
      // In the interpreter, too, which shows what compiled code may hide.
      for (int i = 0; i < ROUNDS; i++) {
        always &= BatchDecoder.usesSums(header);
      }
      long garbage = threads.getCurrentThreadAllocatedBytes() - before;
      message.release();

      assertThat(always).isTrue();
      assertThat(garbage / ROUNDS).as("bytes of garbage for each message").isZero();
    }
  }

  /** As it arrives: the images in leased memory, the short frames on the heap. */
  private Message arriving(List<ByteBuffer> frames) {
    Lease images = pool.lease(IMAGE_BYTES);
    ByteBuffer[] bodies = {
      frames.get(0), images.buffer(), frames.get(2), frames.get(3).duplicate()
    };
    return Message.inbound(Arrays.asList(bodies), Arrays.asList(null, images, null, null), "peer");
  }

  private List<ByteBuffer> frames() {
    try (TensorBatch batch = batch()) {
      OutgoingStream stream = new OutgoingStream(1, false);
      Message sent =
          new BatchEncoder(Encoding.MULTIPART).message(batch, stream.next(BatchMark.NONE, 0));
      ByteBuffer[] frames = new ByteBuffer[sent.pieceCount()];
      for (int i = 0; i < frames.length; i++) {
        ByteBuffer piece = sent.piece(i).duplicate();
        frames[i] = ByteBuffer.allocate(piece.remaining()).put(piece).flip();
      }
      sent.release();
      return List.of(frames);
    }
  }

  @Test
  void shouldAllocateLittleWhenDecoding() {
    BatchDecoder decoder = new BatchDecoder(DecodeLimits.DEFAULT, pool);
    List<ByteBuffer> frames = frames();
    long least = Long.MAX_VALUE;
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
      long allocated = 0;
      for (int i = 0; i < ROUNDS; i++) {
        Message message = arriving(frames);
        long before = threads.getCurrentThreadAllocatedBytes();
        TensorBatch batch = decoder.decode(message);
        allocated += threads.getCurrentThreadAllocatedBytes() - before;
        batch.close();
      }
      least = Math.min(least, allocated);
    }

    assertThat(least / ROUNDS).as("bytes of garbage for each batch").isBetween(1L, 512L);
  }
}
