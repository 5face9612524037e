// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.tensor.TensorBatch;
import java.util.Iterator;

/**
 * Gives some batches and then fails.
 *
 * @param batches those before the failure
 * @param inNext whether it fails as it makes the next one; otherwise already when it is asked
 */
record FailingSource(Iterator<TensorBatch> batches, boolean inNext)
    implements Iterator<TensorBatch> {
  static final String MESSAGE = "a broken shard";

  @Override
  public boolean hasNext() {
    if (!batches.hasNext() && !inNext) {
      throw new IllegalStateException(MESSAGE);
    }
    return true;
  }

  @Override
  public TensorBatch next() {
    if (!batches.hasNext()) {
      throw new IllegalStateException(MESSAGE);
    }
    return batches.next();
  }
}
