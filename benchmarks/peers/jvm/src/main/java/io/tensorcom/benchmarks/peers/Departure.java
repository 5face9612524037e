// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.peers;

import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.util.concurrent.CountDownLatch;

/**
 * Lets a server wait until its client has gone: one that ends after its own last byte may reset the
 * connection before the client has read that.
 */
final class Departure extends ServerTransportFilter {
  private static final Attributes.Key<Boolean> CAME = Attributes.Key.create("came");

  private final CountDownLatch gone = new CountDownLatch(1);

  @Override
  public Attributes transportReady(Attributes attributes) {
    return attributes.toBuilder().set(CAME, true).build();
  }

  @Override
  public void transportTerminated(Attributes attributes) {
    // A connection that was only tried out never became ready.
    if (attributes != null && attributes.get(CAME) != null) {
      gone.countDown();
    }
  }

  void await() throws InterruptedException {
    gone.await();
  }
}
