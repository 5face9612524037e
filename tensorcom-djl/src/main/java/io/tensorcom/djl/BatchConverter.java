// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Makes arrays of received tensors: on the CPU in the same memory, on a GPU by one copy. */
final class BatchConverter {
  private final BatchMapping mapping;
  private final Conversion conversion;
  private final UnaryOperator<NDList> transform;
  private final @Nullable Device device;
  private final boolean copies;
  private final LoadCounters counters;

  BatchConverter(TensorcomDataset.Builder builder, LoadCounters counters) {
    this.mapping = new BatchMapping(builder.data(), builder.labels());
    this.conversion = builder.conversion();
    this.transform = builder.transform();
    this.device = builder.device();
    this.copies = builder.copies();
    this.counters = counters;
  }

  /**
   * Converts a batch, whose ownership passes over, also when it cannot be converted.
   *
   * @param parent in whose sub-manager the arrays are; its device is used if none was set
   */
  StreamBatch convert(NDManager parent, TensorBatch batch, long progress, long progressTotal) {
    Device target = device == null ? parent.getDevice() : device;
    NDManager manager = parent.newSubManager(target);
    boolean shares = !copies && !target.isGpu();
    boolean done = false;
    try {
      NDList data = arrays(manager, batch, mapping.data(), true, shares);
      NDList labels = arrays(manager, batch, mapping.labels(), false, shares);
      StreamBatch.Parts parts =
          new StreamBatch.Parts(manager, transform.apply(data), labels, mapping.size(batch));
      StreamBatch made =
          new StreamBatch(parts, progress, progressTotal, shares ? batch : null, counters);
      done = true;
      return made;
    } finally {
      if (!done) {
        manager.close();
      }
      if (!done || !shares) {
        batch.close();
      }
    }
  }

  private NDList arrays(
      NDManager manager,
      TensorBatch batch,
      List<Integer> positions,
      boolean isData,
      boolean share) {
    NDList list = new NDList(positions.size());
    for (int position : positions) {
      NDArray array = array(manager, batch.get(position), share);
      list.add(conversion.apply(array, isData));
    }
    return list;
  }

  private NDArray array(NDManager manager, Tensor tensor, boolean share) {
    DataType type = ArrayTypes.of(tensor.dtype());
    Shape shape = new Shape(tensor.shape());
    if (!ArrayTypes.isKnownTo(manager.getEngine(), tensor.dtype())) {
      if (conversion.widen()) {
        counters.copied(tensor.byteSize());
        return manager.create(ArrayTypes.widen(tensor), shape);
      }
      throw unknown(manager, tensor, "; optWiden(true) makes int64 of it", null);
    }
    if (tensor.byteSize() == 0) {
      return manager.create(shape, type);
    }
    // The engine takes the address of the buffer, so that it must begin where the tensor does.
    ByteBuffer memory = tensor.data().slice().order(tensor.data().order());
    try {
      NDArray array = manager.create(memory, shape, type);
      if (share) {
        return array;
      }
      counters.copied(tensor.byteSize());
      if (manager.getDevice().isGpu()) {
        return array;
      }
      NDArray copy = array.duplicate();
      array.close();
      return copy;
    } catch (EngineException | IllegalArgumentException | UnsupportedOperationException e) {
      throw unknown(manager, tensor, "", e);
    }
  }

  private static UnsupportedOperationException unknown(
      NDManager manager, Tensor tensor, String advice, @Nullable Exception cause) {
    String engine = manager.getEngine().getEngineName();
    return new UnsupportedOperationException(
        "the engine "
            + engine
            + " has no "
            + tensor.dtype().numpyName()
            + ": shape="
            + Arrays.toString(tensor.shape())
            + advice,
        cause);
  }
}
