// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.uring.IoUring;
import io.tensorcom.testkit.TransportContract;
import io.tensorcom.transport.Transport;
import io.tensorcom.transport.Tuning;
import org.junit.jupiter.api.BeforeAll;

final class NettyIoUringTransportTest extends TransportContract {
  @BeforeAll
  static void checkThatItCanBeUsed() {
    boolean available = IoUring.isAvailable();
    if (!available) {
      System.out.println("SKIPPED: io_uring cannot be used here: " + IoUring.unavailabilityCause());
    }
    assumeTrue(available);
  }

  @Override
  protected Transport sending() {
    return new NettyTransport();
  }

  @Override
  protected Transport receiving() {
    return new NettyTransport();
  }

  @Override
  protected Tuning tuning() {
    return Tuning.DEFAULT.withIo("io_uring");
  }
}
