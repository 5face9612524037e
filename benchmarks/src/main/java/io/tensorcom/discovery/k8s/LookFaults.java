// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import io.tensorcom.discovery.k8s.explain.Attempt;
import io.tensorcom.discovery.k8s.look.LookResult;
import io.tensorcom.discovery.k8s.net.Exchange;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Passes questions on and counts what went wrong with them: each should be asked once and answered.
 * A look that asks again takes at least 400 ms, and its time says nothing of the others.
 */
final class LookFaults implements Exchange {
  private final Exchange exchange;
  private final AtomicLong asked = new AtomicLong();
  private long told;
  private long failed;

  LookFaults(Exchange exchange) {
    this.exchange = exchange;
  }

  @Override
  public Call ask(
      InetSocketAddress server,
      Protocol protocol,
      byte[] query,
      Duration timeout,
      Handler handler) {
    asked.incrementAndGet();
    return exchange.ask(server, protocol, query, timeout, handler);
  }

  /** Counts what is wrong with the result of a look. */
  void judge(LookResult result) {
    told += result.attempts().size();
    for (Attempt attempt : result.attempts()) {
      if (!attempt.outcome().isDefinite()) {
        failed++;
      }
    }
    if (result.ambiguous() || result.deadlinePassed()) {
      failed++;
    }
  }

  /** {@return how much was wrong; to be asked while no look is under way} */
  long count() {
    // Of a question that was asked again because it was not answered in time, no result tells.
    return failed + asked.get() - told;
  }

  /** Begins to count. */
  void reset() {
    asked.set(0);
    told = 0;
    failed = 0;
  }
}
