// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.tensorcom.testkit.TransportContract;
import io.tensorcom.transport.Transport;
import io.tensorcom.transport.TransportAddress;
import io.tensorcom.transport.Tuning;

final class NettyUnixTransportTest extends TransportContract {
  @Override
  protected Transport sending() {
    return new NettyTransport();
  }

  @Override
  protected Transport receiving() {
    return new NettyTransport();
  }

  @Override
  protected TransportAddress any() {
    return anyUnixSocket();
  }

  @Override
  protected Tuning tuning() {
    return Tuning.DEFAULT.withIo("auto");
  }
}
