// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import io.tensorcom.tensor.TensorBatch;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.IntFunction;

/** Makes a batch when it is asked for and not before: nobody closes one that was never taken. */
final class OnDemand implements Iterator<TensorBatch> {
  private final int count;
  private final IntFunction<TensorBatch> make;
  private int made;

  /**
   * Makes an iterator.
   *
   * @param make of numbers from 0
   */
  OnDemand(int count, IntFunction<TensorBatch> make) {
    this.count = count;
    this.make = make;
  }

  @Override
  public boolean hasNext() {
    return made < count;
  }

  @Override
  public TensorBatch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("batches: " + count);
    }
    return make.apply(made++);
  }
}
