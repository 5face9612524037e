// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import java.nio.ByteBuffer;

/** A JVM's direct memory, of which there is none while a test says so. Thread-safe. */
public final class ScarceMemory {
  private volatile boolean spent;

  /** Makes memory of which there is some. */
  public ScarceMemory() {}

  /** Says whether there is none. */
  public void setSpent(boolean newSpent) {
    spent = newSpent;
  }

  /** {@return a pool that takes its slabs from here} */
  public TensorPool pool(long budgetBytes) {
    return TensorPool.builder()
        .budgetBytes(budgetBytes)
        .checked(true)
        .allocator(this::allocate)
        .build();
  }

  private ByteBuffer allocate(int bytes) {
    if (spent) {
      throw new OutOfMemoryError("Cannot reserve " + bytes + " bytes of direct buffer memory");
    }
    return ByteBuffer.allocateDirect(bytes);
  }
}
