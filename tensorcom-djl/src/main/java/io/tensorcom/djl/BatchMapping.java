// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which tensors of a batch are data and which are labels. Immutable.
 *
 * @param data positions, from 0
 * @param labels positions, from 0
 */
record BatchMapping(List<Integer> data, List<Integer> labels) {
  /** {@return samples in a batch: the first dimension of the first data tensor} */
  int size(TensorBatch batch) {
    Tensor first = batch.get(data.isEmpty() ? labels.get(0) : data.get(0));
    return first.rank() == 0 ? 1 : (int) first.dim(0);
  }

  /** {@return dtypes and shapes without the first dimension; they must not change} */
  String form(TensorBatch batch) {
    StringBuilder form = new StringBuilder();
    for (int position : Stream.concat(data.stream(), labels.stream()).sorted().toList()) {
      if (position >= batch.size()) {
        return form.append(batch.size()).append(" tensors").toString();
      }
      Tensor tensor = batch.get(position);
      long[] shape = tensor.shape();
      long[] rest = shape.length == 0 ? shape : Arrays.copyOfRange(shape, 1, shape.length);
      form.append(tensor.dtype().numpyName()).append("[n").append(text(rest)).append("] ");
    }
    return form.toString().strip();
  }

  private static String text(long[] rest) {
    StringBuilder text = new StringBuilder();
    for (long dim : rest) {
      text.append(", ").append(dim);
    }
    return text.toString();
  }

  /** {@return whether the batch has all positions} */
  boolean fits(TensorBatch batch) {
    return Stream.concat(data.stream(), labels.stream()).allMatch(each -> each < batch.size());
  }
}
