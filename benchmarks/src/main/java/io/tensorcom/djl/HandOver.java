// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import io.tensorcom.tensor.TensorBatch;

/** The converter of the adapter, which is not public, on its own. */
public final class HandOver {
  private final LoadCounters counters = new LoadCounters();
  private final BatchConverter converter;

  /** Makes a converter of images and classes that does nothing else, or copies. */
  public HandOver(boolean copies) {
    converter =
        new BatchConverter(
            TensorcomDataset.builder().setData(0).setLabels(1).optCopy(copies), counters);
  }

  /** Makes arrays of a batch, which passes over. */
  public Batch convert(NDManager manager, TensorBatch batch) {
    return converter.convert(manager, batch, 0, 0);
  }

  /** {@return how many tensors were copied} */
  public long copies() {
    return counters.stats(0).copies();
  }
}
