// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tensorcom.examples.monitor.Elements;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.function.DoubleConsumer;

/**
 * How the elements of a tensor are spread. Of bytes all are counted, of wider elements a million in
 * chunks that lie evenly in the tensor. Infinite elements and those that are not a number are
 * counted, and otherwise left out. Not thread-safe until made.
 */
final class Histogram {
  static final int BINS = 64;
  static final int MOST_WIDE_ELEMENTS = 1 << 20;

  private static final int CHUNK = 4096;
  private static final int BYTES = 256;

  /** Makes the sum of a million of the greatest doubles one that is finite; a power of two. */
  private static final double SUM_SCALE = 0x1p-24;

  private final boolean whole;
  private final long elements;
  private long counted;
  private long odd;
  private double sum;
  private double min = Double.POSITIVE_INFINITY;
  private double max = Double.NEGATIVE_INFINITY;
  private long[] bins = {};

  private Histogram(Tensor tensor) {
    this.whole = tensor.dtype().kind() != DType.Kind.FLOAT;
    this.elements = tensor.elementCount();
  }

  static Histogram of(Tensor tensor) {
    Histogram histogram = new Histogram(tensor);
    if (tensor.dtype().byteSize() == 1) {
      histogram.countBytes(tensor);
    } else {
      double[] values = new double[CHUNK];
      forEach(tensor, values, histogram::range);
      histogram.makeBins();
      forEach(tensor, values, value -> histogram.count(value, 1));
    }
    return histogram;
  }

  private void countBytes(Tensor tensor) {
    long[] counts = new long[BYTES];
    ByteBuffer data = tensor.data();
    int size = data.remaining();
    for (int i = 0; i < size; i++) {
      counts[data.get(i) & 0xff]++;
    }
    boolean signed = tensor.dtype() == DType.INT8;
    for (int pass = 0; pass < 2; pass++) {
      for (int i = 0; i < BYTES; i++) {
        int value = signed ? (byte) i : i;
        if (counts[i] > 0 && pass == 0) {
          min = Math.min(min, value);
          max = Math.max(max, value);
          sum += SUM_SCALE * value * counts[i];
        } else if (counts[i] > 0) {
          count(value, counts[i]);
        }
      }
      if (pass == 0) {
        makeBins();
      }
    }
    counted = size;
  }

  private static void forEach(Tensor tensor, double[] values, DoubleConsumer use) {
    int elements = tensor.elementCount();
    int chunks = (elements + CHUNK - 1) / CHUNK;
    int taken = Math.min(chunks, MOST_WIDE_ELEMENTS / CHUNK);
    ByteBuffer data = tensor.data();
    for (int i = 0; i < taken; i++) {
      int start = (int) ((long) i * chunks / taken) * CHUNK;
      int count = Math.min(CHUNK, elements - start);
      data.position(start * tensor.dtype().byteSize());
      Elements.read(tensor.dtype(), data, values, count);
      for (int j = 0; j < count; j++) {
        use.accept(values[j]);
      }
    }
  }

  private void range(double value) {
    counted++;
    if (Double.isFinite(value)) {
      min = Math.min(min, value);
      max = Math.max(max, value);
      sum += SUM_SCALE * value;
    } else {
      odd++;
    }
  }

  private void makeBins() {
    double span = max - min;
    int needed = span == 0 ? 1 : whole && span < BINS ? (int) span + 1 : BINS;
    bins = new long[max < min ? 0 : needed];
  }

  private void count(double value, long times) {
    if (Double.isFinite(value)) {
      // Whole numbers take a place each; by halves the greatest doubles have a difference.
      double place =
          whole
              ? (value - min) * bins.length / (max - min + 1)
              : max == min ? 0 : (value / 2 - min / 2) / (max / 2 - min / 2) * bins.length;
      bins[(int) Math.min(bins.length - 1, place)] += times;
    }
  }

  /** {@return the least element; not a number if there is none} */
  double min() {
    return counted > odd ? min : Double.NaN;
  }

  /** {@return the greatest element; not a number if there is none} */
  double max() {
    return counted > odd ? max : Double.NaN;
  }

  /** {@return the mean; not a number if there are no elements} */
  double mean() {
    return sum / (counted - odd) / SUM_SCALE;
  }

  /** {@return how many elements were looked at} */
  long counted() {
    return counted;
  }

  /** {@return how many of these were infinite or not a number} */
  long odd() {
    return odd;
  }

  /**
   * {@return how many elements lie in each of as many equal parts from the least to the greatest}
   */
  long[] bins() {
    return bins.clone();
  }

  /** Adds the figures to an object; the numbers are null if there are none. */
  void addTo(ObjectNode object) {
    object.put("elements", elements).put("counted", counted).put("odd", odd);
    if (counted > odd) {
      object.put("min", min).put("max", max).put("mean", mean());
    } else {
      object.putNull("min").putNull("max").putNull("mean");
    }
    ArrayNode array = object.putArray("bins");
    for (long bin : bins) {
      array.add(bin);
    }
  }
}
