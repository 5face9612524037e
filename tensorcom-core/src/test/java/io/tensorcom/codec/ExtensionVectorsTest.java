// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.ShardPosition;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Header extensions made by an implementation in another language, in both directions. */
final class ExtensionVectorsTest {
  private final TensorPool pool = TensorPool.builder().budgetBytes(1 << 20).checked(true).build();
  private final BatchDecoder decoder = new BatchDecoder(DecodeLimits.DEFAULT, pool);

  @AfterEach
  void shouldHoldNoLease() {
    assertThat(pool.stats().leases()).isZero();
  }

  private static InputStream resource(String name) {
    return Objects.requireNonNull(
        ExtensionVectorsTest.class.getResourceAsStream("/vectors/extension/" + name));
  }

  private static JsonNode expected(String name) throws IOException {
    try (InputStream manifest = resource("manifest.json")) {
      return new ObjectMapper().readTree(manifest).get(name);
    }
  }

  private static List<ByteBuffer> frames(String name) throws IOException {
    try (InputStream file = resource(name + ".frames")) {
      ByteBuffer all = ByteBuffer.wrap(file.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      List<ByteBuffer> frames = new ArrayList<>();
      while (all.hasRemaining()) {
        int length = Math.toIntExact(all.getLong());
        frames.add(all.slice(all.position(), length));
        all.position(all.position() + length);
      }
      return frames;
    }
  }

  private TensorBatch decode(List<ByteBuffer> frames) {
    return decoder.decode(
        Message.inbound(frames, Collections.nCopies(frames.size(), null), "golden"));
  }

  private static BatchOrigin origin(JsonNode fields) {
    return new BatchOrigin(
        Long.parseUnsignedLong(fields.get("stream_id").asText(), 16),
        fields.get("sequence").asLong(),
        fields.get("epoch").asLong(),
        fields.get("index").asLong(),
        new ShardPosition(
            fields.get("shard").asLong(),
            fields.get("shard_index").asLong(),
            fields.get("shard_batches").asLong()),
        fields.get("flags").asLong(),
        fields.get("sent_at").asLong());
  }

  @ParameterizedTest
  @ValueSource(strings = {"first", "ends", "checksum", "unknown-flags", "later-word"})
  void shouldReadEveryFieldWhenAnotherImplementationWroteIt(String name) throws IOException {
    try (TensorBatch batch = decode(frames(name))) {
      assertThat(batch.origin()).isEqualTo(origin(expected(name)));
      assertThat(batch.get(0).shape()).containsExactly(2, 3, 4);
      assertThat(batch.get(0).data().get(23)).isEqualTo((byte) 23);
      assertThat(batch.get(1).data().getInt(4)).isEqualTo(-2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"other-magic", "negative-sequence", "eleven-words"})
  void shouldReadTheTensorsAloneWhenAnotherImplementationsExtensionMakesNoSense(String name)
      throws IOException {
    assertThat(expected(name).isNull()).isTrue();
    try (TensorBatch batch = decode(frames(name))) {
      assertThat(batch.origin()).isNull();
      assertThat(batch.size()).isEqualTo(2);
      assertThat(batch.get(1).data().getInt(4)).isEqualTo(-2);
    }
  }

  @Test
  void shouldRefuseTheBatchWhenAnotherImplementationsChecksumIsWrong() throws IOException {
    assertThat(expected("wrong-checksum").asText()).isEqualTo("refused");
    List<ByteBuffer> frames = frames("wrong-checksum");

    assertThatThrownBy(() -> decode(frames))
        .isInstanceOf(MalformedBatchException.class)
        .hasMessageContaining("checksum");
  }

  @ParameterizedTest
  @ValueSource(strings = {"first", "ends", "checksum", "unknown-flags"})
  void shouldWriteTheSameBytesWhenFieldsAreTheSame(String name) throws IOException {
    Tensor images = Tensor.allocate(pool, DType.UINT8, 2, 3, 4);
    for (int i = 0; i < 24; i++) {
      images.data().put(i, (byte) i);
    }
    Tensor classes = Tensor.allocate(pool, DType.INT32, 2);
    classes.data().putInt(0, 1).putInt(4, -2);
    HeaderExtension extension = new HeaderExtension();
    extension.set(origin(expected(name)));
    try (TensorBatch batch = TensorBatch.of(images.info("images"), classes.info("classes"))) {
      Message message = new BatchEncoder(Encoding.MULTIPART, false).message(batch, extension);

      List<ByteBuffer> frames = frames(name);
      assertThat(message.pieceCount()).isEqualTo(frames.size());
      for (int i = 0; i < frames.size(); i++) {
        assertThat(message.piece(i)).as("frame %d", i).isEqualTo(frames.get(i));
      }
      message.release();
    }
  }

  @Test
  void shouldBelieveSumsThatWereMadeAsFramesCame() throws IOException {
    List<ByteBuffer> frames = frames("checksum");
    assertThat(BatchDecoder.usesSums(frames.get(0))).isTrue();
    for (String other : List.of("first", "other-magic")) {
      assertThat(BatchDecoder.usesSums(frames(other).get(0))).as(other).isFalse();
    }
    for (int known = 1; known < 4; known++) {
      long[] sums = new long[4];
      for (int i = 0; i < 4; i++) {
        CRC32C sum = new CRC32C();
        sum.update(frames.get(i).duplicate());
        sums[i] = i % 2 == 1 && (known & 1 + i / 2) != 0 ? sum.getValue() : Message.NO_SUM;
      }
      decode(frames, sums).close();
      int one = known == 2 ? 3 : 1;
      sums[one] ^= 1;
      assertThatThrownBy(() -> decode(frames, sums))
          .isInstanceOf(MalformedBatchException.class)
          .hasMessageContaining("checksum");
    }
  }

  private TensorBatch decode(List<ByteBuffer> frames, long[] sums) {
    Message message = Message.inbound(frames, Collections.nCopies(4, null), "golden");
    message.withFrameSums(sums.clone());
    return decoder.decode(message);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 8, 16, 17, 24, 111, 119, 120, 128})
  void shouldUseNoSumsWhateverAFirstFrameIs(int length) {
    for (int fill : new int[] {0, -1, 0x7f}) {
      ByteBuffer frame = ByteBuffer.allocate(length);
      Arrays.fill(frame.array(), (byte) fill);
      assertThat(BatchDecoder.usesSums(frame)).isFalse();
    }
  }

  @Test
  void shouldUseNoSumsWhenTheHeaderIsCutOrItsWordsMakeNoSense() throws IOException {
    ByteBuffer header = frames("checksum").get(0).order(ByteOrder.LITTLE_ENDIAN);
    int extension = 8 * 6;
    // Where the cut off words still lie behind the limit, and would say yes.
    for (int length = 0; length < header.limit(); length++) {
      assertThat(BatchDecoder.usesSums(header.slice(0, length))).as("%d bytes", length).isFalse();
    }
    for (int word : new int[] {2, 6, 7}) {
      for (long value : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32 | 3, 13, 11, 0}) {
        ByteBuffer hostile = ByteBuffer.allocate(header.limit()).order(ByteOrder.LITTLE_ENDIAN);
        hostile.put(header.duplicate()).flip().putLong(8 * word, value);
        assertThat(BatchDecoder.usesSums(hostile)).as("word %d is %d", word, value).isFalse();
      }
    }
    ByteBuffer flags = ByteBuffer.allocate(header.limit()).order(ByteOrder.LITTLE_ENDIAN);
    flags.put(header.duplicate()).flip();
    flags.putLong(extension + 8 * 9, ~BatchOrigin.CHECKSUM);
    assertThat(BatchDecoder.usesSums(flags)).isFalse();
  }

  @Test
  void shouldUseSumsWhereverTheHeaderLies() throws IOException {
    ByteBuffer header = frames("checksum").get(0);
    ByteBuffer around = ByteBuffer.allocate(header.remaining() + 10);
    around.position(3).put(header.duplicate()).flip().position(3);
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      assertThat(BatchDecoder.usesSums(around.order(order))).as("%s", order).isTrue();
      assertThat(around.order()).isEqualTo(order);
      assertThat(around.position()).isEqualTo(3);
    }
  }

  @Test
  void shouldRefuseTheBatchWhenItsChecksumIsWrong() throws IOException {
    for (int frame : new int[] {1, 3}) {
      List<ByteBuffer> frames = frames("checksum");
      ByteBuffer body = frames.get(frame);
      body.put(5, (byte) (body.get(5) ^ 1));

      assertThatThrownBy(() -> decode(frames))
          .isInstanceOf(MalformedBatchException.class)
          .hasMessageContaining("checksum");
    }
  }

  @Test
  void shouldCompareTheChecksumWhateverElseIsFlagged() throws IOException {
    for (int frame : new int[] {-1, 1, 3}) {
      List<ByteBuffer> frames = frames("checksum");
      frames.get(0).order(ByteOrder.LITTLE_ENDIAN).putLong(8 * (6 + 9), 1L << 40 | 4 | 2 | 1);
      if (frame < 0) {
        decode(frames).close();
        continue;
      }
      frames.get(frame).put(5, (byte) (frames.get(frame).get(5) ^ 1));

      assertThatThrownBy(() -> decode(frames)).isInstanceOf(MalformedBatchException.class);
    }
  }

  private static HeaderExtension summed() {
    HeaderExtension extension = new HeaderExtension();
    extension.mark(ShardPosition.UNKNOWN, BatchOrigin.CHECKSUM, 0);
    return extension;
  }

  @Test
  void shouldKeepTheChecksumInTheLowBitsWhenItsHighestIsSet() {
    BatchEncoder encoder = new BatchEncoder(Encoding.MULTIPART);
    int high = 0;
    for (int i = 0; i < 16; i++) {
      try (TensorBatch batch = TensorBatch.of(Tensor.allocate(pool, DType.UINT8, 4))) {
        batch.get(0).data().putInt(0, i);
        Message message = encoder.message(batch, summed());
        ByteBuffer header = ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN);
        header.put(message.piece(0).duplicate()).flip();
        CRC32C sum = new CRC32C();
        sum.update(header.slice(0, 32));
        sum.update(batch.get(0).data().duplicate());
        assertThat(header.getLong(8 * (4 + 11))).isEqualTo(sum.getValue());
        high += sum.getValue() >>> 31 == 0 ? 0 : 1;
        // The other bits are not read.
        header.putLong(8 * (4 + 11), 0x5555_5555L << 32 | sum.getValue());
        decode(List.of(header, message.piece(1).duplicate())).close();
        message.release();
      }
    }
    assertThat(high).as("of 16 with the highest bit").isPositive();
  }

  @Test
  void shouldWriteNothingOfAnExtensionWhenTheEncodingHasNone() {
    BatchEncoder encoder = new BatchEncoder(Encoding.SINGLE);
    try (TensorBatch batch = TensorBatch.of(Tensor.allocate(pool, DType.UINT8, 4))) {
      int length = encoder.headerBytes(batch);
      assertThat(encoder.headerBytes(batch, summed())).isEqualTo(length);
      ByteBuffer without = ByteBuffer.allocate(length);
      ByteBuffer with = ByteBuffer.allocate(length);
      assertThat(encoder.encode(batch, without)).isEqualTo(length);
      assertThat(encoder.encode(batch, with, summed())).isEqualTo(length);
      assertThat(with).isEqualTo(without);
    }
  }

  @Test
  void shouldReadWhatIsKnownOfAShardWhenTheRestIsNot() throws IOException {
    List<ByteBuffer> frames = frames("first");
    ByteBuffer header = frames.get(0).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(8 * 12, 3).putLong(8 * 13, -1).putLong(8 * 14, -1);

    try (TensorBatch batch = decode(frames)) {
      assertThat(batch.origin()).isNotNull();
      assertThat(batch.origin().shard()).isEqualTo(new ShardPosition(3, -1, -1));
    }
  }

  @Test
  void shouldReadNoOriginWhenWordsMakeNoSense() throws IOException {
    int start = 8 * 6;
    for (int word : new int[] {1, 3, 4, 5}) {
      // Fewer than twelve words, and more than there are, make no sense in word 1.
      for (long value : new long[] {-1, Long.MIN_VALUE, 11, 13, Long.MAX_VALUE}) {
        if (word != 1 && value > 0) {
          continue;
        }
        List<ByteBuffer> frames = frames("first");
        frames.get(0).order(ByteOrder.LITTLE_ENDIAN).putLong(start + 8 * word, value);

        try (TensorBatch batch = decode(frames)) {
          assertThat(batch.origin()).as("word %d is %d", word, value).isNull();
        }
      }
    }
  }
}
