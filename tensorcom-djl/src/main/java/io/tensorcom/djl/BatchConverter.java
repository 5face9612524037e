// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import ai.djl.translate.Batchifier;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Makes arrays of received tensors: on the CPU in the same memory, on a GPU by one copy. */
final class BatchConverter {
  private final BatchMapping mapping;
  private final Conversion conversion;
  private final UnaryOperator<NDList> transform;
  private final List<Device> devices;
  private final boolean copies;
  private final LoadCounters counters;

  BatchConverter(TensorcomDataset.Builder builder, LoadCounters counters) {
    this.mapping = new BatchMapping(builder.data(), builder.labels());
    this.conversion = builder.conversion();
    this.transform = builder.transform();
    this.devices = builder.devices();
    this.copies = builder.copies();
    this.counters = counters;
  }

  /**
   * Converts a batch, whose ownership passes over, also when it cannot be converted.
   *
   * @param parent in whose sub-manager the arrays are; its device is used if none was set
   */
  Batch convert(NDManager parent, TensorBatch batch, long progress, long progressTotal) {
    Progress at = new Progress(progress, progressTotal);
    return devices.size() > 1
        ? onSeveral(parent.newSubManager(Device.cpu()), batch, at)
        : onOne(
            parent.newSubManager(devices.isEmpty() ? parent.getDevice() : devices.get(0)),
            batch,
            at);
  }

  /** Where a batch stands in its epoch. */
  record Progress(long index, long total) {}

  private Batch onOne(NDManager manager, TensorBatch batch, Progress at) {
    boolean shares = !copies && !manager.getDevice().isGpu();
    boolean done = false;
    try {
      NDList data = converted(arrays(manager, batch, mapping.data(), shares), true);
      NDList labels = converted(arrays(manager, batch, mapping.labels(), shares), false);
      StreamBatch.Parts parts =
          new StreamBatch.Parts(manager, transform.apply(data), labels, mapping.size(batch));
      StreamBatch made =
          new StreamBatch(parts, at.index, at.total, shares ? batch : null, counters);
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

  /** Each device gets its part by one copy from received memory, and converts it there. */
  private Batch onSeveral(NDManager host, TensorBatch batch, Progress at) {
    boolean done = false;
    try {
      NDList data = arrays(host, batch, mapping.data(), true);
      NDList labels = arrays(host, batch, mapping.labels(), true);
      int size = mapping.size(batch);
      int count = Math.min(devices.size(), size);
      List<Batch> parts = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        NDIndex rows = new NDIndex("{}:{}", (long) i * size / count, (i + 1L) * size / count);
        Device device = devices.get(i);
        NDList own = transform.apply(converted(moved(data, rows, device), true));
        NDList ownLabels = converted(moved(labels, rows, device), false);
        int ownSize = (int) ((i + 1L) * size / count - (long) i * size / count);
        parts.add(
            new Batch(
                host.newSubManager(device),
                own,
                ownLabels,
                ownSize,
                Batchifier.STACK,
                Batchifier.STACK,
                at.index,
                at.total));
      }
      Batch made = new SplitBatch(host, size, at, devices.subList(0, count), parts);
      data.close();
      labels.close();
      done = true;
      return made;
    } finally {
      if (!done) {
        host.close();
      }
      batch.close();
    }
  }

  private NDList moved(NDList arrays, NDIndex rows, Device device) {
    NDList moved = new NDList(arrays.size());
    for (NDArray array : arrays) {
      try (NDArray part = array.get(rows)) {
        counters.copied(part.size() * part.getDataType().getNumOfBytes());
        // To the device where it is, toDevice(device, true) does not copy (tried: DJL 0.36).
        moved.add(device.equals(part.getDevice()) ? part.duplicate() : part.toDevice(device, true));
      }
    }
    return moved;
  }

  private NDList arrays(
      NDManager manager, TensorBatch batch, List<Integer> positions, boolean share) {
    NDList list = new NDList(positions.size());
    for (int position : positions) {
      list.add(array(manager, batch.get(position), share));
    }
    return list;
  }

  private NDList converted(NDList arrays, boolean isData) {
    NDList list = new NDList(arrays.size());
    for (NDArray array : arrays) {
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
