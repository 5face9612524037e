// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.ShardPosition;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.testkit.Batches;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checksum that is made while a message is written, against one that is made before. */
final class LateChecksumTest {
  private final TensorPool pool = TensorPool.builder().budgetBytes(1 << 20).checked(true).build();
  private final BatchEncoder encoder = new BatchEncoder(Encoding.MULTIPART);
  private final HeaderExtension extension = new HeaderExtension();

  LateChecksumTest() {
    extension.set(1, 2, 3, 4);
    extension.mark(ShardPosition.UNKNOWN, BatchOrigin.LATE_CHECKSUM, 5);
  }

  @AfterEach
  void shouldHoldNoLease() {
    assertThat(pool.stats().leases()).isZero();
  }

  /** Batches of so many tensors, some of them without data. */
  private TensorBatch batch(int tensors) {
    List<Tensor> made = new ArrayList<>();
    for (int i = 0; i < tensors; i++) {
      made.add(Batches.random(pool, i, DType.UINT8, i % 3 == 1 ? 0 : 500 + i, 2));
    }
    return TensorBatch.of(made);
  }

  private static void assertSame(Message actual, Message expected) {
    assertThat(actual.pieceCount()).isEqualTo(expected.pieceCount());
    for (int i = 0; i < expected.pieceCount(); i++) {
      assertThat(actual.piece(i)).as("piece %d", i).isEqualTo(expected.piece(i));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 300, 5000})
  void shouldBeTheSameSumWhenPiecesAreShownBitByBit(int step) {
    for (int tensors = 1; tensors <= 6; tensors++) {
      try (TensorBatch batch = batch(tensors)) {
        Message expected = encoder.message(batch, extension);
        Message message = encoder.shownMessage(batch, extension);
        for (int i = 0; i < message.pieceCount(); i++) {
          int length = message.piece(i).remaining();
          for (int end = Math.min(step, length); end < length; end += step) {
            message.show(i, end);
          }
          // A piece without bytes is never written, and so not shown.
          if (length > 0) {
            message.show(i, length);
          }
          assertThat(message.piece(i)).isEqualTo(expected.piece(i));
        }
        assertSame(message, expected);
        message.release();
        expected.release();
      }
    }
  }

  @Test
  void shouldSumOnceWhenSeveralPeersAreWrittenTo() {
    try (TensorBatch batch = batch(3)) {
      Message expected = encoder.message(batch, extension);
      Message message = encoder.shownMessage(batch, extension);
      // The one is ahead in the first tensor, the other overtakes it, and a third comes late.
      message.show(0, 24);
      message.show(1, 400);
      message.show(0, 24);
      message.show(1, 100);
      message.show(1, 1000);
      message.show(2, 40);
      message.show(1, 500);
      message.show(4, 10);
      message.show(5, 7);
      message.show(1, 1000);
      message.show(4, 48);
      message.show(0, 24);

      assertSame(message, expected);
      message.release();
      expected.release();
    }
  }

  @Test
  void shouldLeaveTheSumOpenUntilTheLastHeaderIsShown() {
    try (TensorBatch batch = batch(3)) {
      Message message = encoder.shownMessage(batch, extension);
      ByteBuffer header = message.piece(4);
      message.show(0, message.piece(0).limit());
      message.show(1, message.piece(1).limit());
      assertThat(header.getLong(header.limit() - Long.BYTES)).isZero();

      message.show(4, 1);

      assertThat(header.getLong(header.limit() - Long.BYTES)).isNotZero();
      message.release();
    }
  }

  private TensorBatch decode(List<ByteBuffer> frames) {
    return new BatchDecoder(DecodeLimits.DEFAULT, pool)
        .decode(Message.inbound(frames, Collections.nCopies(frames.size(), null), "peer"));
  }

  private List<ByteBuffer> frames(int tensors) {
    try (TensorBatch batch = batch(tensors)) {
      Message message = encoder.message(batch, extension);
      List<ByteBuffer> frames = new ArrayList<>();
      for (int i = 0; i < message.pieceCount(); i++) {
        ByteBuffer piece = message.piece(i);
        frames.add(ByteBuffer.allocate(piece.remaining()).put(piece.duplicate()).flip());
      }
      message.release();
      return frames;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void shouldRefuseTheBatchWhenAnyBitOfItsDataOrItsSumIsAnother(int tensors) {
    decode(frames(tensors)).close();
    for (int i = 0; i < 2 * tensors; i++) {
      List<ByteBuffer> frames = frames(tensors);
      ByteBuffer frame = frames.get(i);
      boolean lastHeader = i == 2 * tensors - 2;
      if (frame.hasRemaining() && (i % 2 == 1 || lastHeader)) {
        int at = lastHeader ? frame.limit() - Long.BYTES : frame.limit() / 2;
        frame.put(at, (byte) (frame.get(at) ^ 1));

        assertThatThrownBy(() -> decode(frames))
            .as("frame %d", i)
            .isInstanceOf(MalformedBatchException.class)
            .hasMessageContaining("checksum");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void shouldRefuseTheBatchWhenTheFlagPromisesASumThatIsNotThere(int tensors) {
    List<ByteBuffer> frames = frames(tensors);
    ByteBuffer header = frames.get(2 * tensors - 2);
    header.limit(header.limit() - Long.BYTES);

    assertThatThrownBy(() -> decode(frames))
        .isInstanceOf(MalformedBatchException.class)
        .hasMessageContaining("checksum");
  }
}
