// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.codec.BatchDecoder;
import io.tensorcom.codec.BatchEncoder;
import io.tensorcom.codec.DecodeLimits;
import io.tensorcom.codec.Encoding;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.ShardPosition;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What batches are called on the wire, and what is told behind them. */
final class OutgoingStreamTest {
  private static final BatchMark END = BatchMark.endOfEpoch(false);
  private static final BatchMark LAST = BatchMark.endOfEpoch(true);

  private final TensorPool pool = TensorPool.ofBudget(1 << 20);
  private final OutgoingStream stream = new OutgoingStream(77, false);

  private BatchOrigin next(BatchMark mark, long now) {
    return next(stream, mark, now);
  }

  /** {@return what a receiver reads from the next batch} */
  private BatchOrigin next(OutgoingStream stream, BatchMark mark, long now) {
    try (TensorBatch batch = TensorBatch.of(Tensor.allocate(pool, DType.UINT8, 4))) {
      Message sent = new BatchEncoder(Encoding.MULTIPART).message(batch, stream.next(mark, now));
      List<ByteBuffer> frames = new ArrayList<>();
      for (int i = 0; i < sent.pieceCount(); i++) {
        ByteBuffer piece = sent.piece(i);
        frames.add(ByteBuffer.allocate(piece.remaining()).put(piece.duplicate()).flip());
      }
      sent.release();
      BatchDecoder decoder = new BatchDecoder(DecodeLimits.DEFAULT, pool);
      Message came = Message.inbound(frames, Collections.nCopies(frames.size(), null), "here");
      try (TensorBatch read = decoder.decode(came)) {
        BatchOrigin origin = read.origin();
        assertThat(origin).isNotNull();
        return origin;
      }
    }
  }

  private static BatchOrigin origin(long sequence, long epoch, long index, long flags, long now) {
    return new BatchOrigin(77, sequence, epoch, index, ShardPosition.UNKNOWN, flags, now);
  }

  @Test
  void shouldNumberBatchesThroughTheStreamAndWithinEachEpoch() {
    assertThat(next(BatchMark.NONE, 5)).isEqualTo(origin(0, 0, 0, 0, 5));
    stream.sent(BatchMark.NONE);
    assertThat(next(END, 6)).isEqualTo(origin(1, 0, 1, BatchOrigin.LAST_OF_EPOCH, 6));
    assertThat(stream.notice(END)).isEqualTo(new EndNotice(77, 1, 0, 2, false));
    stream.sent(END);
    long flags = BatchOrigin.LAST_OF_EPOCH | BatchOrigin.LAST_OF_STREAM;
    assertThat(next(LAST, 7)).isEqualTo(origin(2, 1, 0, flags, 7));
    assertThat(stream.notice(LAST)).isEqualTo(new EndNotice(77, 2, 1, 1, true));
  }

  @Test
  void shouldEndTheEpochWithTheStreamWhenAMarkNamesTheStreamAlone() {
    BatchMark last = new BatchMark(false, true, ShardPosition.UNKNOWN);
    assertThat(last.isEnd()).isTrue();
    long flags = BatchOrigin.LAST_OF_EPOCH | BatchOrigin.LAST_OF_STREAM;
    assertThat(next(last, 5)).isEqualTo(origin(0, 0, 0, flags, 5));
    stream.sent(last);
    assertThat(next(BatchMark.NONE, 6)).isEqualTo(origin(1, 1, 0, 0, 6));
  }

  @Test
  void shouldTellTheShardAndSumEndsTooWhenThatIsWanted() {
    OutgoingStream summed = new OutgoingStream(78, true);
    ShardPosition shard = new ShardPosition(3, 4, 5);
    for (boolean end : new boolean[] {false, true}) {
      BatchOrigin told = next(summed, new BatchMark(end, false, shard), 5);
      assertThat(told.shard()).isEqualTo(shard);
      assertThat(told.flags())
          .isEqualTo(BatchOrigin.CHECKSUM | (end ? BatchOrigin.LAST_OF_EPOCH : 0));
    }
  }

  @Test
  void shouldUseTheSameNumberAgainWhenABatchWasNotTaken() {
    next(END, 5);

    assertThat(next(BatchMark.NONE, 6)).isEqualTo(origin(0, 0, 0, 0, 6));
  }
}
