// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs actions of any threads one after another, in order, without a thread of its own and without
 * a lock: whoever posts while nothing runs, runs what there is. Thread-safe.
 */
final class Mailbox {
  private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);

  private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();

  /** Runs an action, now or as soon as those before it have run. */
  void post(Runnable action) {
    queue.add(action);
    if (waiting.getAndIncrement() != 0) {
      return;
    }
    do {
      Runnable next = queue.poll();
      if (next != null) {
        run(next);
      }
    } while (waiting.decrementAndGet() != 0);
  }

  private static void run(Runnable action) {
    try {
      action.run();
    } catch (Throwable e) {
      // Even an Error must not leave it half-way: nobody would ever run what is posted later.
      LOG.error("an action failed", e);
    }
  }
}
