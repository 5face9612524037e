// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import io.tensorcom.djl.LoadedBatch.Part;
import io.tensorcom.djl.LoadedBatch.Progress;
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
    return load(
            parent.getEngine(), parent.getDevice(), batch, new Progress(progress, progressTotal))
        .handTo(parent, counters);
  }

  /**
   * Converts a batch for whoever takes it; its ownership passes over, also when it cannot be.
   *
   * @param device where the arrays are put if none was set
   */
  LoadedBatch load(Engine engine, Device device, TensorBatch batch, Progress progress) {
    boolean several = devices.size() > 1;
    Device chosen = devices.isEmpty() ? device : devices.get(0);
    NDManager manager;
    try {
      manager = engine.newBaseManager(several ? Device.cpu() : chosen);
    } catch (RuntimeException | Error e) {
      batch.close();
      throw e;
    }
    return several ? onSeveral(manager, batch, progress) : onOne(manager, batch, progress);
  }

  private LoadedBatch onOne(NDManager manager, TensorBatch batch, Progress progress) {
    KeptTensors kept = new KeptTensors();
    boolean done = false;
    try {
      NDList data = transform.apply(converted(manager, batch, true, kept));
      int ofData = kept.size();
      NDList labels = converted(manager, batch, false, kept);
      long bytes = kept.byteSize(batch) + kept.bytesBeside(data) + kept.bytesBeside(labels);
      Part part =
          new Part(
              devices.isEmpty() ? null : devices.get(0),
              data,
              ofData > 0,
              labels,
              kept.size() > ofData,
              mapping.size(batch));
      TensorBatch memory = kept.giveBackOthers(batch);
      done = true;
      return new LoadedBatch(manager, List.of(part), false, progress, memory, bytes);
    } finally {
      if (!done) {
        manager.close();
        batch.close();
      }
    }
  }

  /** Each device gets its part by one copy from received memory, and converts it there. */
  private LoadedBatch onSeveral(NDManager host, TensorBatch batch, Progress progress) {
    boolean done = false;
    try {
      int size = mapping.size(batch);
      NDList data = arrays(host, batch, mapping.data(), size);
      NDList labels = arrays(host, batch, mapping.labels(), size);
      int count = Math.min(devices.size(), size);
      KeptTensors none = new KeptTensors();
      List<Part> parts = new ArrayList<>();
      long bytes = 0;
      for (int i = 0; i < count; i++) {
        long from = (long) i * size / count;
        long to = (i + 1L) * size / count;
        NDIndex rows = new NDIndex("{}:{}", from, to);
        Device device = devices.get(i);
        NDList own = transform.apply(converted(moved(data, rows, device), true));
        NDList ownLabels = converted(moved(labels, rows, device), false);
        parts.add(new Part(device, own, false, ownLabels, false, (int) (to - from)));
        bytes += none.bytesBeside(own) + none.bytesBeside(ownLabels);
      }
      data.close();
      labels.close();
      done = true;
      return new LoadedBatch(host, parts, true, progress, null, bytes);
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

  private NDList arrays(NDManager manager, TensorBatch batch, List<Integer> positions, int size) {
    NDList list = new NDList(positions.size());
    for (int position : positions) {
      Tensor tensor = batch.get(position);
      // An engine would cut it where it ends.
      if (tensor.rank() == 0 || tensor.dim(0) != size) {
        throw new IllegalArgumentException(
            "no parts for several devices: shape="
                + Arrays.toString(tensor.shape())
                + " (expected: samples="
                + size
                + ")");
      }
      list.add(array(manager, tensor, true));
    }
    return list;
  }

  private NDList converted(NDManager manager, TensorBatch batch, boolean isData, KeptTensors kept) {
    boolean share = !copies && !manager.getDevice().isGpu();
    List<Integer> positions = isData ? mapping.data() : mapping.labels();
    NDList list = new NDList(positions.size());
    for (int position : positions) {
      Tensor tensor = batch.get(position);
      NDArray array = conversion.apply(array(manager, tensor, share), isData);
      list.add(array);
      if (share && mayShare(manager, tensor, isData)) {
        kept.keep(position, array);
      }
    }
    return list;
  }

  private boolean mayShare(NDManager manager, Tensor tensor, boolean isData) {
    DataType type = ArrayTypes.of(tensor.dtype());
    return tensor.byteSize() > 0
        && ArrayTypes.isKnownTo(manager.getEngine(), tensor.dtype())
        && !conversion.copies(type, new Shape(tensor.shape()), isData);
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
