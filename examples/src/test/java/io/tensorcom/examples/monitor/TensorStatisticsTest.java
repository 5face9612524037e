// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorPool;
import java.lang.reflect.Array;
import java.math.BigInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TensorStatisticsTest {
  private final TensorPool pool = TensorPool.ofBudget(16 << 20);
  private final TensorStatistics statistics = new TensorStatistics();

  @AfterEach
  void close() {
    pool.close();
  }

  private void add(DType dtype, Object array) {
    try (Tensor tensor = Tensor.copyOf(pool, dtype, array, Array.getLength(array))) {
      statistics.add(tensor);
    }
  }

  static Stream<Arguments> extremes() {
    BigInteger most = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);
    return Stream.of(
        Arguments.of(DType.FLOAT16, new short[] {(short) 0xfbff, 0x7bff}, -65504.0, 65504.0),
        Arguments.of(DType.FLOAT32, new float[] {-1.5f, 0.1f}, -1.5, (double) 0.1f),
        Arguments.of(DType.FLOAT64, new double[] {-1e150, 0.1}, -1e150, 0.1),
        Arguments.of(DType.INT8, new byte[] {-128, 127}, -128L, 127L),
        Arguments.of(DType.INT16, new short[] {-32768, 32767}, -32768L, 32767L),
        Arguments.of(DType.INT32, new int[] {Integer.MIN_VALUE, -1}, (long) Integer.MIN_VALUE, -1L),
        Arguments.of(
            DType.INT64,
            new long[] {Long.MIN_VALUE, Long.MAX_VALUE},
            Long.MIN_VALUE,
            Long.MAX_VALUE),
        Arguments.of(DType.UINT8, new byte[] {1, -1}, 1L, 255L),
        Arguments.of(DType.UINT16, new short[] {1, -1}, 1L, 65535L),
        Arguments.of(DType.UINT32, new int[] {1, -1}, 1L, 4294967295L),
        Arguments.of(DType.UINT64, new long[] {1, -1}, 1L, most));
  }

  @ParameterizedTest
  @MethodSource("extremes")
  void shouldBeExactWhenElementsAreExtreme(DType dtype, Object array, Number min, Number max) {
    add(dtype, array);
    assertThat(statistics.min()).isEqualTo(min);
    assertThat(statistics.max()).isEqualTo(max);
    assertThat(statistics.elements()).isEqualTo(2);
    double mean = min.doubleValue() / 2 + max.doubleValue() / 2;
    assertThat(statistics.mean()).isCloseTo(mean, within(Math.abs(max.doubleValue()) * 1e-15));
    double half = max.doubleValue() / 2 - min.doubleValue() / 2;
    assertThat(statistics.std()).isCloseTo(half, within(half * 1e-12));
  }

  @Test
  void shouldNotCancelWhenTheMeanIsLargeAgainstTheDeviation() {
    double[] values = new double[10_001];
    for (int i = 0; i < values.length; i++) {
      values[i] = 1e9 + i % 2;
    }
    add(DType.FLOAT64, values);
    add(DType.FLOAT64, new double[] {1e9 + 1});
    assertThat(statistics.tensors()).isEqualTo(2);
    assertThat(statistics.elements()).isEqualTo(10_002);
    assertThat(statistics.mean()).isCloseTo(1e9 + 0.5, within(1e-6));
    assertThat(statistics.std()).isCloseTo(0.5, within(1e-9));
  }

  @Test
  void shouldLeaveOutWhatIsNotANumberWhenThereIsSome() {
    add(DType.FLOAT32, new float[] {Float.NaN, 1, Float.NaN, 3});
    add(DType.FLOAT32, new float[] {Float.NaN});
    assertThat(statistics.nans()).isEqualTo(3);
    assertThat(statistics.elements()).isEqualTo(2);
    assertThat(statistics.mean()).isEqualTo(2);
    assertThat(statistics.std()).isEqualTo(1);
    assertThat(statistics.min()).isEqualTo(1.0);
    assertThat(statistics.max()).isEqualTo(3.0);
  }

  @Test
  void shouldHaveNoExtremesWhenThereAreNoElements() {
    add(DType.FLOAT64, new double[0]);
    add(DType.INT64, new long[0]);
    assertThat(statistics.tensors()).isEqualTo(2);
    assertThat(statistics.min()).isNull();
    assertThat(statistics.max()).isNull();
    assertThat(statistics.mean()).isNaN();
    assertThat(statistics.std()).isNaN();
  }

  @Test
  void shouldHaveAnInfiniteMeanWhenAnElementIsInfinite() {
    add(DType.FLOAT32, new float[] {1, Float.POSITIVE_INFINITY});
    add(DType.FLOAT32, new float[] {5});
    assertThat(statistics.mean()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(statistics.std()).isNaN();
    assertThat(statistics.max()).isEqualTo(Double.POSITIVE_INFINITY);
    add(DType.FLOAT32, new float[] {Float.NEGATIVE_INFINITY});
    assertThat(statistics.mean()).isNaN();
  }

  @Test
  void shouldCompareExactlyWhenDtypesDiffer() {
    add(DType.UINT64, new long[] {-1, -2});
    add(DType.INT64, new long[] {Long.MIN_VALUE, Long.MIN_VALUE + 1});
    assertThat(statistics.max()).hasToString("18446744073709551615");
    assertThat(statistics.min()).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void shouldRoundToTheNearestWhenALongIsUnsigned() {
    assertThat(Elements.unsignedToDouble(-1)).isEqualTo(0x1p64);
    assertThat(Elements.unsignedToDouble(Long.MIN_VALUE)).isEqualTo(0x1p63);
    assertThat(Elements.unsignedToDouble(Long.MAX_VALUE)).isEqualTo(0x1p63);
    assertThat(Elements.unsignedToDouble(Long.MIN_VALUE + 1025)).isEqualTo(0x1p63 + 2048);
  }
}
