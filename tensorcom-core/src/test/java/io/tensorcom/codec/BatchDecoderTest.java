// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.tensor.AsciiWord;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Message;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a hostile or careless peer may send: refused with what, where, expected and actual. */
final class BatchDecoderTest {
  private static final long F4 = DType.FLOAT32.codeWord();

  private final TensorPool pool = TensorPool.builder().budgetBytes(16 << 20).checked(true).build();
  private final BatchDecoder decoder = new BatchDecoder(DecodeLimits.DEFAULT, pool);

  @AfterEach
  void shouldHoldNoLeaseAfterwards() {
    assertThat(pool.stats().leases()).isZero();
  }

  private static ByteBuffer words(long... words) {
    ByteBuffer buffer = ByteBuffer.allocate(8 * words.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asLongBuffer().put(words);
    return buffer;
  }

  private static ByteBuffer zeros(int length) {
    return ByteBuffer.allocate(length);
  }

  /** Frames in leased memory, so that a leak shows. */
  private Message message(ByteBuffer... frames) {
    List<ByteBuffer> views = new ArrayList<>();
    List<Lease> leases = new ArrayList<>();
    for (ByteBuffer frame : frames) {
      Lease lease = pool.lease(frame.remaining());
      lease.buffer().put(frame.duplicate());
      leases.add(lease);
      views.add(lease.buffer());
    }
    return Message.inbound(views, leases, "peer");
  }

  static Stream<Arguments> hostileHeaders() {
    long huge = 1L << 32;
    return Stream.of(
        Arguments.of("header length", zeros(0), 4),
        Arguments.of("header length", zeros(23), 4),
        Arguments.of("header length", zeros(33), 4),
        Arguments.of("header length", zeros(16), 4),
        Arguments.of("header length", words(F4, 0, 2, 1), 4),
        Arguments.of("header length", zeros(1 << 16), 4),
        Arguments.of("rank", words(F4, 0, -1, 1), 4),
        Arguments.of("rank", words(F4, 0, 10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 4),
        Arguments.of("rank", words(F4, 0, Long.MAX_VALUE, 1), 4),
        Arguments.of("rank", words(F4, 0, 1L << 32, 1), 4),
        Arguments.of("dtype", words(AsciiWord.pack("f3"), 0, 1, 1), 4),
        Arguments.of("dtype", words(0, 0, 1, 1), 4),
        Arguments.of("dtype", words(F4 | 'x' << 16, 0, 1, 1), 4),
        Arguments.of("info", words(F4, 0x80, 1, 1), 4),
        Arguments.of("info", words(F4, 0x61_00_61L, 1, 1), 4),
        Arguments.of("shape", words(F4, 0, 1, -1), 4),
        Arguments.of("shape", words(F4, 0, 2, -1, -1), 4),
        Arguments.of("shape", words(F4, 0, 2, 0, -5), 0),
        Arguments.of("shape", words(F4, 0, 2, huge, huge), 0),
        Arguments.of("shape", words(F4, 0, 2, 1L << 31, 1L << 31), 0),
        Arguments.of("shape", words(F4, 0, 3, 1L << 62, 4, 1), 4),
        Arguments.of("shape", words(F4, 0, 1, Long.MIN_VALUE), 4),
        Arguments.of("data length", words(F4, 0, 1, 1), 8),
        Arguments.of("data length", words(F4, 0, 1, 2), 4),
        Arguments.of("data length", words(F4, 0, 2, 0, 3), 4),
        Arguments.of("data length", words(F4, 0, 0), 0));
  }

  @ParameterizedTest
  @MethodSource("hostileHeaders")
  void shouldRefuseWhenHeaderOfMultipartIsHostile(String what, ByteBuffer header, int dataLength) {
    assertThatThrownBy(() -> decoder.decode(message(header, zeros(dataLength))))
        .isInstanceOfSatisfying(
            MalformedBatchException.class,
            e -> {
              assertThat(e.what()).isEqualTo(what);
              assertThat(e.where()).contains("tensor 0");
            });
  }

  @ParameterizedTest
  @MethodSource("hostileHeaders")
  void shouldRefuseWhenHeaderOfSingleIsHostile(String what, ByteBuffer header, int dataLength) {
    ByteBuffer frame = chunks(header, zeros(dataLength));

    assertThatThrownBy(() -> decoder.decode(message(frame)))
        .isInstanceOfSatisfying(
            MalformedBatchException.class, e -> assertThat(e.what()).isEqualTo(what));
  }

  @Test
  void shouldRefuseAndReleaseWhenOnlyTheSecondTensorIsMalformed() {
    Message message = message(words(F4, 0, 1, 1), zeros(4), words(F4, 0, 1, 2), zeros(4));

    assertThatThrownBy(() -> decoder.decode(message))
        .hasMessage("data length: 4 (expected: 8 by dtype and shape; at: tensor 1)");
  }

  @Test
  void shouldRefuseWhenFramesAreOddOrNone() {
    assertThatThrownBy(
            () -> decoder.decode(message(words(F4, 0, 1, 1), zeros(4), words(F4, 0, 1, 1))))
        .hasMessageContaining("frames: 3");
    assertThatThrownBy(() -> decoder.decode(message())).hasMessageContaining("frames: 0");
  }

  @Test
  void shouldRefuseWhenThereAreTooManyTensorsOrBytes() {
    BatchDecoder strict = new BatchDecoder(new DecodeLimits(1, 100, 4096), pool);
    ByteBuffer header = words(F4, 0, 1, 1);

    assertThatThrownBy(() -> strict.decode(message(header, zeros(4), header, zeros(4))))
        .hasMessageContaining("tensors: 2 or more");
    assertThatThrownBy(() -> strict.decode(message(words(F4, 0, 1, 20), zeros(80))))
        .hasMessageContaining("message bytes: 112");
  }

  @Test
  void shouldAcceptWhenHeaderHasFurtherWords() {
    Message message = message(words(F4, 0, 1, 2, 4711, -1, 0), zeros(8));

    try (TensorBatch batch = decoder.decode(message)) {
      assertThat(batch.get(0).shape()).containsExactly(2);
    }
  }

  @Test
  void shouldAcceptWhenRankIsZeroOrDtypeIsUint32OrTensorIsEmpty() {
    Message message =
        message(
            words(F4, 0, 0),
            zeros(4),
            words(DType.UINT32.codeWord(), 0, 1, 1),
            zeros(4),
            words(F4, 0, 2, 0, 7),
            zeros(0));

    try (TensorBatch batch = decoder.decode(message)) {
      assertThat(batch.get(0).rank()).isZero();
      assertThat(batch.get(1).dtype()).isEqualTo(DType.UINT32);
      assertThat(batch.get(2).shape()).containsExactly(0, 7);
    }
  }

  static ByteBuffer chunks(ByteBuffer... payloads) {
    ByteBuffer frame = ByteBuffer.allocate(1 << 18).order(ByteOrder.LITTLE_ENDIAN);
    for (ByteBuffer payload : payloads) {
      frame.putLong(ChunkDescriptor.MAGIC).putLong(payload.remaining()).put(payload.duplicate());
      frame.put(new byte[ChunkDescriptor.padding(payload.remaining())]);
    }
    return frame.flip();
  }

  private static ByteBuffer changed(Consumer<ByteBuffer> change) {
    ByteBuffer frame =
        chunks(words(F4, 0, 1, 4), zeros(16), words(F4, 0, 1, 1), zeros(4))
            .order(ByteOrder.LITTLE_ENDIAN);
    change.accept(frame);
    return frame;
  }

  static Stream<Arguments> hostileChunks() {
    Stream<Arguments> lengths =
        LongStream.of(-1, -64, -80, 1L << 62, Long.MIN_VALUE, 1L << 31, 1L << 32, 100_000)
            .boxed()
            .flatMap(
                length ->
                    Stream.of(
                        Arguments.of("header chunk length", changed(f -> f.putLong(8, length))),
                        Arguments.of("data chunk length", changed(f -> f.putLong(88, length)))));
    return Stream.concat(
        lengths,
        Stream.of(
            Arguments.of("header chunk magic", changed(f -> f.put(0, (byte) 'x'))),
            Arguments.of("data chunk magic", changed(f -> f.put(80, (byte) 'x'))),
            Arguments.of("header chunk", changed(f -> f.limit(10))),
            Arguments.of("data chunk", changed(f -> f.limit(80))),
            Arguments.of("data chunk", changed(f -> f.limit(90))),
            Arguments.of("data chunk length", changed(f -> f.limit(100))),
            Arguments.of("header length", changed(f -> f.putLong(8, 0)))));
  }

  @ParameterizedTest
  @MethodSource("hostileChunks")
  void shouldRefuseWhenChunkIsHostile(String what, ByteBuffer frame) {
    assertThatThrownBy(() -> decoder.decode(message(frame)))
        .isInstanceOfSatisfying(
            MalformedBatchException.class, e -> assertThat(e.what()).isEqualTo(what));
  }

  @Test
  void shouldRefuseWhenThereAreAMillionTinyChunks() {
    ByteBuffer one = chunks(words(F4, 0, 1, 0), zeros(0));
    ByteBuffer many = ByteBuffer.allocate(one.remaining() * 100_000);
    while (many.hasRemaining()) {
      many.put(one.duplicate());
    }

    assertThatThrownBy(() -> decoder.decode(message(many.flip())))
        .hasMessageContaining("tensors: 129 or more");
  }

  @Test
  void shouldAcceptWhenPaddingOfTheLastChunkIsMissing() {
    ByteBuffer frame = chunks(words(F4, 0, 1, 1), zeros(4));
    frame.limit(16 + 64 + 16 + 4);

    try (TensorBatch batch = decoder.decode(message(frame))) {
      assertThat(batch.get(0).byteSize()).isEqualTo(4);
    }
  }

  @Test
  void shouldShareOneLeaseWhenSingleFrameHoldsSeveralTensors() {
    Message message = message(chunks(words(F4, 0, 1, 1), zeros(4), words(F4, 0, 1, 2), zeros(8)));

    TensorBatch batch = decoder.decode(message);

    assertThat(pool.stats().leases()).isEqualTo(1);
    assertThat(batch.get(0).lease()).isSameAs(batch.get(1).lease());
    batch.close();
  }

  @Test
  void shouldWarnOnceOfUint32WhenPythonMayBeListening() {
    BatchEncoder encoder = new BatchEncoder(Encoding.MULTIPART);
    assertThat(encoder.warnsOf(DType.INT32)).isFalse();
    assertThat(encoder.warnsOf(DType.UINT32)).isTrue();
    assertThat(encoder.warnsOf(DType.UINT32)).as("said before").isFalse();
    assertThat(new BatchEncoder(Encoding.MULTIPART, true).warnsOf(DType.UINT32)).isFalse();
  }
}
