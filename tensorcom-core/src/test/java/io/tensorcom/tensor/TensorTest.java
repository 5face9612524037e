// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TensorTest {
  private final TensorPool pool = TensorPool.builder().budgetBytes(1 << 20).checked(true).build();

  @ParameterizedTest
  @EnumSource(DType.class)
  void shouldBeFoundByCodeNameAndWordWhenDtypeIsKnown(DType dtype) {
    assertThat(DType.of(dtype.code())).isEqualTo(dtype);
    assertThat(DType.of(dtype.numpyName())).isEqualTo(dtype);
    assertThat(DType.fromCodeWord(dtype.codeWord())).isEqualTo(dtype);
    assertThat(AsciiWord.unpack(dtype.codeWord())).isEqualTo(dtype.code());
    assertThat(dtype.code()).endsWith("" + dtype.byteSize());
  }

  @Test
  void shouldRefuseWhenDtypeIsUnknown() {
    assertThat(DType.fromCodeWord(0)).isNull();
    assertThatThrownBy(() -> DType.of("bool")).hasMessage("unknown dtype: dtype=bool");
  }

  @Test
  void shouldBeFilledInPlaceWhenAllocatedFromThePool() {
    Tensor tensor = Tensor.allocate(pool, DType.FLOAT32, 2, 3).info("lbl");
    tensor.data().putFloat(20, 1.5f);

    assertThat(tensor.data().getFloat(20)).isEqualTo(1.5f);
    assertThat(tensor.data().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
    assertThat(tensor).hasToString("Tensor[float32 [2, 3], info=lbl]");
    assertThat(tensor.elementCount()).isEqualTo(6);
    tensor.close();
    assertThat(pool.stats().leases()).isZero();
  }

  @Test
  void shouldShareTheMemoryWhenDirectBufferIsWrapped() {
    ByteBuffer own = ByteBuffer.allocateDirect(100).position(4).limit(12);
    AtomicInteger released = new AtomicInteger();
    Tensor tensor = Tensor.wrap(DType.INT32, own, released::incrementAndGet, 2);

    own.put(4, (byte) 42);

    assertThat(tensor.data().get(0)).isEqualTo((byte) 42);
    Tensor shared = tensor.share();
    tensor.close();
    tensor.close();
    assertThat(released).hasValue(0);
    shared.close();
    assertThat(released).hasValue(1);
  }

  @Test
  void shouldRefuseWhenBufferIsOnTheHeapOrOfAnotherSize() {
    assertThatThrownBy(() -> Tensor.wrap(DType.INT8, ByteBuffer.allocate(2), null, 2))
        .hasMessageContaining("use Tensor.copyOf");
    assertThatThrownBy(() -> Tensor.wrap(DType.INT32, ByteBuffer.allocateDirect(7), null, 2))
        .hasMessage("buffer.remaining: 7 (expected: 8, dtype=int32, shape=[2])");
  }

  @Test
  void shouldCopyArraysInLittleEndianOrderWhenTypesFit() {
    assertCopied(DType.INT8, new byte[] {1}, "01");
    assertCopied(DType.UINT16, new short[] {0x0201}, "0102");
    assertCopied(DType.FLOAT16, new short[] {0x3c00}, "003c");
    assertCopied(DType.INT32, new int[] {0x04030201}, "01020304");
    assertCopied(DType.INT64, new long[] {0x08070605_04030201L}, "0102030405060708");
    assertCopied(DType.FLOAT32, new float[] {1}, "0000803f");
    assertCopied(DType.FLOAT64, new double[] {1}, "000000000000f03f");
    assertThat(pool.stats().leases()).isZero();
  }

  private void assertCopied(DType dtype, Object array, String hex) {
    try (Tensor tensor = Tensor.copyOf(pool, dtype, array, 1)) {
      byte[] bytes = new byte[tensor.byteSize()];
      tensor.data().get(bytes);
      assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(hex);
    }
  }

  @Test
  void shouldRefuseWhenArrayDoesNotFitDtypeOrShape() {
    assertThatThrownBy(() -> Tensor.copyOf(pool, DType.INT32, new float[1], 1))
        .hasMessage("array: float[] (expected: elements of dtype int32)");
    assertThatThrownBy(() -> Tensor.copyOf(pool, DType.FLOAT32, new float[2], 1))
        .hasMessageContaining("array bytes: 8 (expected: 4");
    assertThatThrownBy(() -> Tensor.copyOf(pool, DType.INT8, "text", 1))
        .hasMessage("array: String (expected: an array of a primitive)");
  }

  @Test
  void shouldRefuseWhenShapeIsNegativeTooLargeOrTooDeep() {
    assertThatThrownBy(() -> Tensor.byteSize(DType.INT8, 2, -1)).hasMessageContaining("negative");
    assertThatThrownBy(() -> Tensor.byteSize(DType.INT8, 0, -1)).hasMessageContaining("negative");
    assertThatThrownBy(() -> Tensor.byteSize(DType.FLOAT32, 1L << 32, 1L << 32))
        .hasMessageContaining("too large");
    assertThatThrownBy(() -> Tensor.byteSize(DType.INT8, new long[10]))
        .hasMessage("rank: 10 (expected: <= 9)");
    assertThat(Tensor.byteSize(DType.FLOAT64, Long.MAX_VALUE, 0)).isZero();
  }

  @Test
  void shouldRefuseWhenInfoIsTooLongOrNotAscii() {
    try (Tensor tensor = Tensor.allocate(pool, DType.INT8, 1)) {
      assertThatThrownBy(() -> tensor.info("nine-char"))
          .hasMessage("text too long: text=nine-char, length=9 (expected: <= 8)");
      assertThatThrownBy(() -> tensor.info("ä")).hasMessageContaining("not ASCII");
      assertThatThrownBy(() -> tensor.infoWord(0x80)).hasMessage("not ASCII: infoWord=0x80");
    }
  }

  @Test
  void shouldThrowWhenUsedAfterClose() {
    Tensor tensor = Tensor.allocate(pool, DType.INT8, 1);
    Tensor shared = tensor.share();
    tensor.close();

    assertThatThrownBy(tensor::data).hasMessage("use after close: Tensor[int8 [1]]");
    assertThatThrownBy(tensor::share).hasMessage("use after close: Tensor[int8 [1]]");
    shared.data().put(0, (byte) 1);
    shared.close();
  }

  @Test
  void shouldReleaseTensorsWhenOwnerAndSenderAreDone() {
    TensorBatch batch =
        TensorBatch.of(Tensor.allocate(pool, DType.INT8, 1), Tensor.allocate(pool, DType.INT8, 2));
    AtomicInteger released = new AtomicInteger();
    batch.whenReleased().thenRun(released::incrementAndGet);
    batch.retain();

    batch.close();
    batch.close();
    assertThat(pool.stats().leases()).isEqualTo(2);
    assertThat(released).hasValue(0);
    assertThatThrownBy(() -> batch.get(0)).hasMessage("use after close: tensors=2");

    batch.release();
    assertThat(pool.stats().leases()).isZero();
    assertThat(released).hasValue(1);
    assertThat(batch.whenReleased().toCompletableFuture()).isCompleted();
    assertThatThrownBy(batch::retain).hasMessage("retain after release: tensors=2");
    assertThatThrownBy(batch::release).hasMessage("release without hold: tensors=2");
  }

  @Test
  void shouldKeepTheMemoryWhenTensorOfAReceivedBatchIsShared() {
    Tensor tensor = Tensor.copyOf(pool, DType.INT8, new byte[] {7}, 1);
    TensorBatch first = TensorBatch.of(tensor);
    TensorBatch second = TensorBatch.of(first.get(0).share());

    first.close();

    assertThat(second.get(0).data().get(0)).isEqualTo((byte) 7);
    second.close();
    assertThat(pool.stats().leases()).isZero();
  }
}
