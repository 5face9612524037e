// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Memory that is leased again and again; a view of the usual length is kept with it. */
final class Slab {
  private static final int ALIGNMENT = 64;

  final ByteBuffer memory;
  private ByteBuffer region;

  private Slab(ByteBuffer memory) {
    this.memory = memory;
    this.region = memory.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** {@return an aligned slab of so many bytes, or null if there is no memory for it} */
  static @Nullable Slab allocate(IntFunction<ByteBuffer> allocator, int bytes) {
    try {
      ByteBuffer memory = allocator.apply(bytes + ALIGNMENT - 1);
      int misalignment = memory.alignmentOffset(0, ALIGNMENT);
      return new Slab(memory.slice(misalignment == 0 ? 0 : ALIGNMENT - misalignment, bytes));
    } catch (OutOfMemoryError e) {
      return null;
    }
  }

  /** {@return a view of so many bytes; whoever holds the slab does not move its position} */
  ByteBuffer region(int length) {
    if (region.capacity() != length) {
      region = memory.slice(0, length).order(ByteOrder.LITTLE_ENDIAN);
    }
    return region;
  }

  void fill(byte value) {
    for (int i = 0; i < memory.capacity(); i++) {
      memory.put(i, value);
    }
  }
}
