// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.translate.Batchifier;
import java.util.Arrays;
import java.util.List;

/** A batch whose parts lie on several devices already; {@link #split} hands them out. */
final class SplitBatch extends Batch {
  private final List<Device> devices;
  private final List<Batch> parts;
  private boolean closed;

  /**
   * Makes a batch.
   *
   * @param manager that owns the managers of the parts
   * @param size samples in all parts together
   * @param at where the batch stands in its epoch
   * @param devices of the parts
   */
  SplitBatch(
      NDManager manager,
      int size,
      LoadedBatch.Progress at,
      List<Device> devices,
      List<Batch> parts) {
    super(
        manager,
        new NDList(),
        new NDList(),
        size,
        Batchifier.STACK,
        Batchifier.STACK,
        at.index(),
        at.total());
    this.devices = List.copyOf(devices);
    this.parts = List.copyOf(parts);
  }

  @Override
  public NDList getData() {
    throw onlySplit();
  }

  @Override
  public NDList getLabels() {
    throw onlySplit();
  }

  /**
   * {@return the parts; a batch of fewer samples than devices has fewer}
   *
   * @throws IllegalArgumentException if they should be of one size and are not
   */
  @Override
  public Batch[] split(Device[] wanted, boolean evenSplit) {
    List<Device> list = Arrays.asList(wanted);
    if (list.size() < devices.size() || !list.subList(0, devices.size()).equals(devices)) {
      throw new IllegalStateException(
          "the batch is on " + devices + " already (wanted: " + list + ")");
    }
    if (evenSplit && parts.stream().mapToInt(Batch::getSize).distinct().count() > 1) {
      throw new IllegalArgumentException(
          "no even split: samples=" + getSize() + ", devices=" + devices);
    }
    return parts.toArray(new Batch[0]);
  }

  private IllegalStateException onlySplit() {
    return new IllegalStateException("the batch is on several devices, use split: " + devices);
  }

  /** Closes all parts; idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      super.close();
    }
  }
}
