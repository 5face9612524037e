// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

import io.tensorcom.examples.monitor.Elements;
import io.tensorcom.examples.monitor.PythonFormat;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.util.List;
import java.util.stream.IntStream;

/** What stands below each image: the Python tensorshow's titles. */
final class Labels {
  private static final int DIGITS = 6;

  private Labels() {}

  /** {@return {@code [0]}, {@code [1]} and so on} */
  static List<String> numbers(int count) {
    return IntStream.range(0, count).mapToObj(i -> "[" + i + "]").toList();
  }

  /**
   * {@return {@code [0] class = tench} and so on, by the first tensor with one element for each
   * image of the batch; numbers alone if there is none}
   */
  static List<String> of(TensorBatch batch, int images, int count, ClassNames names) {
    for (Tensor tensor : batch) {
      if (tensor.elementCount() == images) {
        boolean whole = tensor.dtype().kind() != DType.Kind.FLOAT;
        double[] values = Elements.read(tensor.dtype(), tensor.data(), new double[count], count);
        return IntStream.range(0, count)
            .mapToObj(
                i -> {
                  String number =
                      whole
                          ? Long.toString((long) values[i])
                          : PythonFormat.general(values[i], DIGITS);
                  return "[" + i + "] class = " + names.of(number);
                })
            .toList();
      }
    }
    return numbers(count);
  }
}
