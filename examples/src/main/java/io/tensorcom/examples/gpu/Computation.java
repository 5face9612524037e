// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.gpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** Keeps a device busy: so many matrix multiplications a step. */
final class Computation {
  private final NDArray left;
  private final NDArray right;

  Computation(NDManager manager) {
    int side = manager.getDevice().isGpu() ? 1024 : 256;
    this.left = manager.randomUniform(0, 1, new Shape(side, side));
    this.right = manager.randomUniform(0, 1, new Shape(side, side));
  }

  /** Multiplies, and waits until the device is done, which reading an element does. */
  void step(int count) {
    for (int i = 0; i < count; i++) {
      try (NDArray product = left.matMul(right)) {
        if (i == count - 1 && product.getFloat(0, 0) < 0) {
          throw new IllegalStateException("a product of positive matrices is negative");
        }
      }
    }
  }

  /** {@return how many multiplications take about this long} */
  int countFor(double seconds) {
    // The first one also loads what it needs.
    step(1);
    int count = 1;
    double taken = timed(count);
    while (taken < seconds && count < 1 << 20) {
      count *= 2;
      taken = timed(count);
    }
    return Math.max(1, (int) Math.round(count * seconds / taken));
  }

  private double timed(int count) {
    long start = System.nanoTime();
    step(count);
    return (System.nanoTime() - start) / 1e9;
  }
}
