// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** How many peers there are, for threads that wait for some. Thread-safe. */
final class PeerGauge {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile int count;

  int count() {
    return count;
  }

  void set(int newCount) {
    lock.lock();
    try {
      count = newCount;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean await(int wanted, long timeoutNanos) throws InterruptedException {
    long left = timeoutNanos;
    lock.lockInterruptibly();
    try {
      while (count < wanted) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
