// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tensorcom.tensor.Tensor;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the tensors at one position of all batches have in common. Not thread-safe. */
final class PositionSummary {
  private static final int DIGITS = 3;

  private final TensorStatistics statistics = new TensorStatistics();
  // In the order they came.
  private final Set<Kind> kinds = new LinkedHashSet<>();
  private final Set<String> infos = new LinkedHashSet<>();

  /** Dtype and shape, which Python shows together. */
  private record Kind(String dtype, List<Long> shape) {
    @Override
    public String toString() {
      StringBuilder tuple = new StringBuilder("('").append(dtype).append('\'');
      shape.forEach(dim -> tuple.append(", ").append(dim));
      return tuple.append(shape.isEmpty() ? ",)" : ")").toString();
    }
  }

  void add(Tensor tensor) {
    List<Long> shape = Arrays.stream(tensor.shape()).boxed().toList();
    kinds.add(new Kind(tensor.dtype().numpyName(), shape));
    infos.add(tensor.info());
    statistics.add(tensor);
  }

  /** {@return Python's two lines: the statistics, and the set of dtypes with shapes} */
  List<String> text() {
    TensorStatistics s = statistics;
    String nans = s.nans() == 0 ? "" : " nan=" + s.nans() + " (left out)";
    String line =
        s.tensors()
            + (" [" + general(s.min()) + " " + general(s.max()) + "]")
            + (" mean=" + general(s.mean()) + " std=" + general(s.std()))
            + (" n=" + s.elements() + nans);
    return List.of(
        line, "{" + String.join(", ", kinds.stream().map(Kind::toString).toList()) + "}");
  }

  private static String general(@Nullable Number number) {
    return PythonFormat.general(number == null ? Double.NaN : number.doubleValue(), DIGITS);
  }

  /** {@return the same and more for programs} */
  ObjectNode json(int position) {
    TensorStatistics s = statistics;
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("position", position);
    ArrayNode dtypes = object.putArray("dtypes");
    kinds.stream().map(Kind::dtype).distinct().forEach(dtypes::add);
    ArrayNode shapes = object.putArray("shapes");
    kinds.stream()
        .map(Kind::shape)
        .distinct()
        .forEach(shape -> shape.forEach(shapes.addArray()::add));
    infos.forEach(object.putArray("infos")::add);
    put(object, "min", s.min());
    put(object, "max", s.max());
    put(object, "mean", s.elements() == 0 ? null : s.mean());
    put(object, "std", s.elements() == 0 ? null : s.std());
    object.put("count", s.tensors());
    object.put("n", s.elements());
    object.put("nan", s.nans());
    return object;
  }

  private static void put(ObjectNode object, String name, @Nullable Number number) {
    if (number == null) {
      object.putNull(name);
    } else if (number instanceof BigInteger big) {
      object.put(name, big);
    } else if (number instanceof Long whole) {
      object.put(name, whole);
    } else if (Double.isFinite(number.doubleValue())) {
      object.put(name, number.doubleValue());
    } else {
      // JSON has no such numbers.
      object.put(name, PythonFormat.general(number.doubleValue(), DIGITS));
    }
  }
}
