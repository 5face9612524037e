// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which tensors of a batch are data and which are labels. Immutable.
 *
 * @param data positions, from 0
 * @param labels positions, from 0
 */
record BatchMapping(List<Integer> data, List<Integer> labels) {
  /**
   * {@return samples in a batch: the first dimension of the first data tensor}
   *
   * @throws ArithmeticException if they are more than an int can count, in a tensor without bytes
   */
  int size(TensorBatch batch) {
    Tensor first = batch.get(data.isEmpty() ? labels.get(0) : data.get(0));
    return first.rank() == 0 ? 1 : Math.toIntExact(first.dim(0));
  }

  /** {@return dtypes and shapes without the first dimension; they must not change} */
  String form(TensorBatch batch) {
    List<Integer> positions = all().sorted().toList();
    return missing(batch) ? form(batch, every(batch)) : form(batch, positions);
  }

  private static String form(TensorBatch batch, List<Integer> positions) {
    StringBuilder form = new StringBuilder();
    for (int position : positions) {
      Tensor tensor = batch.get(position);
      long[] shape = tensor.shape();
      form.append(tensor.dtype().numpyName()).append(shape.length == 0 ? "[" : "[n");
      for (int i = 1; i < shape.length; i++) {
        form.append(", ").append(shape[i]);
      }
      form.append("] ");
    }
    return form.toString().strip();
  }

  private static List<Integer> every(TensorBatch batch) {
    return IntStream.range(0, batch.size()).boxed().toList();
  }

  private Stream<Integer> all() {
    return Stream.concat(data.stream(), labels.stream());
  }

  private boolean missing(TensorBatch batch) {
    return all().anyMatch(each -> each >= batch.size());
  }

  /** {@return why the batch is not what a dataset was built for; null if it is} */
  @Nullable String unfit(TensorBatch batch, Conversion conversion) {
    String expected =
        missing(batch)
            ? "tensors at 0-based positions, data=" + data + ", labels=" + labels
            : conversion.unfit(data.stream().map(each -> batch.get(each).shape()).toList());
    return expected == null
        ? null
        : batch.size() + " tensors: " + form(batch, every(batch)) + " (expected: " + expected + ")";
  }
}
