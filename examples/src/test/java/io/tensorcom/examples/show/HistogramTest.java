// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tensorcom.tensor.DType;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class HistogramTest {
  private static Histogram of(DType dtype, double... values) {
    return Histogram.of(Tensors.of(dtype, new long[] {values.length}, values));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"UINT8", "INT8", "INT32", "INT64", "UINT16"})
  void shouldHaveABinForEachNumberWhenWholeNumbersAreClose(DType dtype) {
    Histogram histogram = of(dtype, 3, 5, 5, 9, 5, 3);
    assertThat(histogram.bins()).containsExactly(2, 0, 3, 0, 0, 0, 1);
    assertThat(histogram.min()).isEqualTo(3);
    assertThat(histogram.max()).isEqualTo(9);
    assertThat(histogram.mean()).isEqualTo(5);
    assertThat(histogram.counted()).isEqualTo(6);
  }

  @Test
  void shouldHaveBinsOfOneSizeWhenAllBytesOccur() {
    Histogram histogram = of(DType.UINT8, IntStream.range(0, 256).asDoubleStream().toArray());
    assertThat(histogram.bins()).hasSize(Histogram.BINS).containsOnly(4);
    assertThat(of(DType.INT8, -128, 127, 0).min()).isEqualTo(-128);
  }

  @Test
  void shouldPutTheGreatestIntoTheLastBinWhenNumbersAreFractions() {
    Histogram histogram = of(DType.FLOAT32, -1, 1, 0, 0.999);
    assertThat(histogram.bins()).hasSize(Histogram.BINS);
    assertThat(histogram.bins()[0]).isEqualTo(1);
    assertThat(histogram.bins()[32]).isEqualTo(1);
    assertThat(histogram.bins()[63]).isEqualTo(2);
  }

  @Test
  void shouldLeaveOutWhatIsNotANumberOrInfiniteWhenThereIsSome() {
    Histogram histogram =
        of(DType.FLOAT64, Double.NaN, 2, Double.POSITIVE_INFINITY, 4, Double.NEGATIVE_INFINITY);
    assertThat(histogram.odd()).isEqualTo(3);
    assertThat(histogram.mean()).isEqualTo(3);
    assertThat(Arrays.stream(histogram.bins()).sum()).isEqualTo(2);
    assertThat(of(DType.FLOAT64, Double.NaN).bins()).isEmpty();
    assertThat(of(DType.FLOAT64).bins()).isEmpty();
    assertThat(of(DType.UINT8).bins()).isEmpty();
  }

  @Test
  void shouldHaveOneBinWhenAllElementsAreTheSame() {
    assertThat(of(DType.FLOAT32, 0.5, 0.5).bins()).containsExactly(2);
    assertThat(of(DType.UINT8, 0, 0, 0).bins()).containsExactly(3);
  }

  @Test
  void shouldHaveBinsWhenTheGreatestAndTheLeastDoubleOccur() {
    Histogram histogram = of(DType.FLOAT64, -Double.MAX_VALUE, Double.MAX_VALUE, 0);
    assertThat(histogram.bins()[0]).isEqualTo(1);
    assertThat(histogram.bins()[32]).isEqualTo(1);
    assertThat(histogram.bins()[63]).isEqualTo(1);
  }

  @Test
  void shouldHaveAMeanWhenTheSumIsBeyondTheGreatestDouble() {
    double[] values = new double[1000];
    Arrays.fill(values, Double.MAX_VALUE);
    assertThat(of(DType.FLOAT64, values).mean()).isBetween(1e308, Double.MAX_VALUE);
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    of(DType.FLOAT64, values).addTo(object);
    // JavaScript takes "Infinity" for text, and the page would end there.
    assertThat(object.toString()).doesNotContain("Infinity", "NaN");
  }

  @Test
  void shouldCountAMillionInEvenChunksWhenThereAreMore() {
    int size = 4 * Histogram.MOST_WIDE_ELEMENTS;
    double[] values = IntStream.range(0, size).mapToDouble(i -> (double) i / size).toArray();
    Histogram histogram = of(DType.FLOAT32, values);
    assertThat(histogram.counted()).isEqualTo(Histogram.MOST_WIDE_ELEMENTS);
    assertThat(histogram.max()).isGreaterThan(0.99);
    assertThat(histogram.bins()).hasSize(Histogram.BINS);
    long even = Histogram.MOST_WIDE_ELEMENTS / Histogram.BINS;
    assertThat(Arrays.stream(histogram.bins()).boxed())
        .allSatisfy(bin -> assertThat(bin).isBetween(even / 2, even * 2));
  }

  @Test
  void shouldCountEveryByteWhenThereAreManyMore() {
    Histogram histogram =
        Histogram.of(Tensors.zeros(DType.UINT8, 3L * Histogram.MOST_WIDE_ELEMENTS));
    assertThat(histogram.bins()).containsExactly(3L * Histogram.MOST_WIDE_ELEMENTS);
  }
}
