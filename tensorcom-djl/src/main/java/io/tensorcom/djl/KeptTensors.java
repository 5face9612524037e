// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.ndarray.NDArray;
import io.tensorcom.tensor.TensorBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which tensors of a received batch arrays may still lie in after conversion. */
final class KeptTensors {
  private final Set<Integer> positions = new TreeSet<>();
  private final List<NDArray> arrays = new ArrayList<>();

  void keep(int position, NDArray sharing) {
    positions.add(position);
    arrays.add(sharing);
  }

  /** {@return how many arrays there are} */
  int size() {
    return arrays.size();
  }

  /** {@return bytes of the arrays that are known to lie elsewhere or are not known} */
  long bytesBeside(List<NDArray> all) {
    long bytes = 0;
    for (NDArray array : all) {
      // Not equals, which compares elements.
      if (arrays.stream().noneMatch(each -> each == array)) {
        bytes += array.size() * array.getDataType().getNumOfBytes();
      }
    }
    return bytes;
  }

  /** {@return bytes of the tensors} */
  long byteSize(TensorBatch batch) {
    return positions.stream().mapToLong(each -> batch.get(each).byteSize()).sum();
  }

  /** Gives the memory of all other tensors back; {@return the batch, null if nothing is kept}. */
  @Nullable TensorBatch giveBackOthers(TensorBatch batch) {
    if (positions.isEmpty()) {
      batch.close();
      return null;
    }
    for (int i = 0; i < batch.size(); i++) {
      if (!positions.contains(i)) {
        batch.get(i).close();
      }
    }
    return batch;
  }
}
