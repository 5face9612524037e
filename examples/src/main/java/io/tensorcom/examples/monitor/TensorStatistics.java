// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * Least, greatest, mean and standard deviation over the elements of many tensors, in one pass and
 * without cancellation: chunks are summed up one by one and merged (Chan, Golub, LeVeque). Not a
 * number is counted and otherwise left out. Not thread-safe.
 */
final class TensorStatistics {
  private static final int CHUNK = 4096;

  private static final Comparator<Number> BY_VALUE =
      (a, b) ->
          a instanceof Double || b instanceof Double
              ? Double.compare(a.doubleValue(), b.doubleValue())
              : exact(a).compareTo(exact(b));

  private final double[] chunk = new double[CHUNK];
  private long tensors;
  private long elements;
  private long nans;
  private double mean;
  private double squares;
  private @Nullable Number min;
  private @Nullable Number max;

  private static BigDecimal exact(Number number) {
    return new BigDecimal(number.toString());
  }

  /** Adds all elements of a tensor. */
  void add(Tensor tensor) {
    tensors++;
    if (tensor.elementCount() == 0) {
      return;
    }
    DType dtype = tensor.dtype();
    ByteBuffer data = tensor.data();
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    long before = elements;
    for (int left = tensor.elementCount(); left > 0; left -= CHUNK) {
      int count = withoutNans(Elements.read(dtype, data, chunk, Math.min(left, CHUNK)), left);
      for (int i = 0; i < count; i++) {
        least = Math.min(least, chunk[i]);
        greatest = Math.max(greatest, chunk[i]);
      }
      merge(count);
    }
    if (dtype == DType.INT64 || dtype == DType.UINT64) {
      extremesOfLongs(tensor);
    } else if (elements > before) {
      boolean whole = dtype.kind() != DType.Kind.FLOAT;
      extremes(whole ? (Number) (long) least : least, whole ? (Number) (long) greatest : greatest);
    }
  }

  /** Moves the numbers of the chunk to its front and returns how many there are. */
  private int withoutNans(double[] values, int left) {
    int count = 0;
    int read = Math.min(left, CHUNK);
    for (int i = 0; i < read; i++) {
      double value = values[i];
      values[count] = value;
      if (!Double.isNaN(value)) {
        count++;
      }
    }
    nans += read - count;
    return count;
  }

  private void merge(int count) {
    if (count == 0) {
      return;
    }
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += chunk[i];
    }
    double chunkMean = sum / count;
    double chunkSquares = 0;
    for (int i = 0; i < count; i++) {
      double distance = chunk[i] - chunkMean;
      chunkSquares += distance * distance;
    }
    double delta = chunkMean - mean;
    if (elements == 0) {
      mean = chunkMean;
      squares = chunkSquares;
    } else if (Double.isFinite(delta)) {
      double share = count / ((double) elements + count);
      mean += delta * share;
      squares += chunkSquares + delta * delta * (elements * share);
    } else {
      // Infinite elements: they stay in the mean, and there is no deviation.
      mean += chunkMean;
      squares = Double.NaN;
    }
    elements += count;
  }

  /** A double would not tell the greatest unsigned long from its neighbours. */
  private void extremesOfLongs(Tensor tensor) {
    // Flipped, unsigned order is signed order.
    long flip = tensor.dtype() == DType.UINT64 ? Long.MIN_VALUE : 0;
    ByteBuffer data = tensor.data();
    long least = Long.MAX_VALUE;
    long greatest = Long.MIN_VALUE;
    while (data.hasRemaining()) {
      long value = data.getLong() ^ flip;
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
    extremes(number(least ^ flip, flip != 0), number(greatest ^ flip, flip != 0));
  }

  private static Number number(long bits, boolean unsigned) {
    return unsigned && bits < 0 ? new BigInteger(Long.toUnsignedString(bits)) : (Number) bits;
  }

  private void extremes(Number least, Number greatest) {
    Number min = this.min;
    Number max = this.max;
    this.min = min == null || BY_VALUE.compare(least, min) < 0 ? least : min;
    this.max = max == null || BY_VALUE.compare(greatest, max) > 0 ? greatest : max;
  }

  /** {@return the tensors added} */
  long tensors() {
    return tensors;
  }

  /** {@return the elements that all other figures are about: without not-a-number} */
  long elements() {
    return elements;
  }

  /** {@return the elements that are not a number} */
  long nans() {
    return nans;
  }

  /** {@return the least element, exactly: a Long, BigInteger or Double; null if there is none} */
  @Nullable Number min() {
    return min;
  }

  /** {@return the greatest element, exactly; null if there is none} */
  @Nullable Number max() {
    return max;
  }

  /** {@return the mean; not a number if there are no elements} */
  double mean() {
    return elements == 0 ? Double.NaN : mean;
  }

  /** {@return the standard deviation of the population; not a number if there are no elements} */
  double std() {
    return elements == 0 ? Double.NaN : Math.sqrt(squares / elements);
  }
}
