// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.tensor;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Slabs that wait to be leased again, by size class. Guarded by the lock of their pool. */
final class IdleSlabs {
  private final Deque<Slab>[] lists;
  private long bytes;

  IdleSlabs() {
    @SuppressWarnings({"unchecked", "rawtypes"})
    Deque<Slab>[] empty =
        Stream.generate(ArrayDeque::new).limit(SizeClass.COUNT).toArray(Deque[]::new);
    this.lists = empty;
  }

  /** {@return bytes of all of them} */
  long bytes() {
    return bytes;
  }

  @Nullable Slab take(int sizeClass) {
    Slab slab = lists[sizeClass].pollFirst();
    if (slab != null) {
      bytes -= SizeClass.bytes(sizeClass);
    }
    return slab;
  }

  /** Last in, first out: the slab most likely to be in the cache still. */
  void add(Slab slab, int sizeClass) {
    lists[sizeClass].addFirst(slab);
    bytes += SizeClass.bytes(sizeClass);
  }

  /** Leaves so many bytes, or a little more, to the garbage collector. */
  void drop(long excess) {
    long rest = excess;
    for (int i = SizeClass.COUNT - 1; i >= 0 && rest > 0; i--) {
      while (rest > 0 && lists[i].pollLast() != null) {
        rest -= SizeClass.bytes(i);
        bytes -= SizeClass.bytes(i);
      }
    }
  }
}
