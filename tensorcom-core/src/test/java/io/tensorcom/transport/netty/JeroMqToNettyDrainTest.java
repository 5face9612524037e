// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.tensorcom.testkit.DrainContract;
import io.tensorcom.transport.Transport;
import io.tensorcom.transport.jeromq.JeroMqTransport;

final class JeroMqToNettyDrainTest extends DrainContract {
  @Override
  protected Transport sending() {
    return new JeroMqTransport();
  }

  @Override
  protected Transport receiving() {
    return new NettyTransport();
  }
}
