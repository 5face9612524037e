// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.translate.Batchifier;
import io.tensorcom.tensor.TensorBatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A converted batch that is in no manager of the user's yet: it may have been read ahead of an
 * epoch, for which the user gives another manager than for the one before. Not thread-safe.
 *
 * @param staging that the arrays are in until they are handed out
 * @param parts one for each device
 * @param split whether {@code Batch.split} hands out the parts
 * @param memory that arrays lie in; null if none does
 * @param byteSize of the arrays' memory and the received memory together
 */
record LoadedBatch(
    NDManager staging,
    List<Part> parts,
    boolean split,
    Progress progress,
    @Nullable TensorBatch memory,
    long byteSize)
    implements AutoCloseable {

  /**
   * Where a batch stands in its epoch.
   *
   * @param total 0 if that is not known
   */
  record Progress(long index, long total) {}

  /**
   * What one device gets.
   *
   * @param device null for that of the manager it is handed to
   * @param dataShares whether data may lie in received memory
   * @param labelsShare whether labels may
   */
  record Part(
      @Nullable Device device,
      NDList data,
      boolean dataShares,
      NDList labels,
      boolean labelsShare,
      int size) {

    NDManager newManager(NDManager parent) {
      return parent.newSubManager(device == null ? parent.getDevice() : device);
    }

    /** {@return it as arrays of a manager's device and engine, to which a batch attaches them} */
    Part in(NDManager manager) {
      return new Part(
          device, placed(data, manager), dataShares, placed(labels, manager), labelsShare, size);
    }

    private static NDList placed(NDList arrays, NDManager manager) {
      NDList placed = new NDList(arrays.size());
      for (NDArray array : arrays) {
        // Another device or engine than that of the epoch before is rare, and costs a copy.
        boolean stays = array.getDevice().equals(manager.getDevice());
        NDArray there = stays ? array : array.toDevice(manager.getDevice(), true);
        placed.add(manager.from(there));
      }
      return placed;
    }

    private List<NDArray> sharing() {
      List<NDArray> sharing = new ArrayList<>();
      sharing.addAll(dataShares ? data : List.of());
      sharing.addAll(labelsShare ? labels : List.of());
      return sharing;
    }
  }

  /** Moves it into a sub-manager of the user's; it is closed if that fails. */
  Batch handTo(NDManager parent, LoadCounters counters) {
    boolean done = false;
    try {
      Batch batch = split ? splitIn(parent) : wholeIn(parent, counters);
      // What a transform left behind.
      staging.close();
      done = true;
      return batch;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  private Batch wholeIn(NDManager parent, LoadCounters counters) {
    NDManager manager = parts.get(0).newManager(parent);
    boolean done = false;
    try {
      Part part = parts.get(0).in(manager);
      HeldMemory held =
          memory == null ? null : new HeldMemory(parent, manager, memory, part.sharing(), counters);
      Batch batch =
          new StreamBatch(
              new StreamBatch.Parts(manager, part.data, part.labels, part.size), progress, held);
      if (held != null) {
        held.hold();
      }
      done = true;
      return batch;
    } finally {
      if (!done) {
        manager.close();
      }
    }
  }

  private Batch splitIn(NDManager parent) {
    NDManager host = parent.newSubManager(Device.cpu());
    boolean done = false;
    try {
      List<Device> devices = new ArrayList<>();
      List<Batch> batches = new ArrayList<>();
      int size = 0;
      for (Part each : parts) {
        NDManager manager = each.newManager(host);
        Part part = each.in(manager);
        batches.add(
            new Batch(
                manager,
                part.data,
                part.labels,
                part.size,
                Batchifier.STACK,
                Batchifier.STACK,
                progress.index,
                progress.total));
        devices.add(manager.getDevice());
        size += part.size;
      }
      Batch batch = new SplitBatch(host, size, progress, devices, batches);
      done = true;
      return batch;
    } finally {
      if (!done) {
        host.close();
      }
    }
  }

  /** Closes what nobody took. */
  @Override
  public void close() {
    staging.close();
    if (memory != null) {
      memory.close();
    }
  }
}
