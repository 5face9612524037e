// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.tensorcom.testkit.LeavingContract;
import io.tensorcom.transport.Transport;
import io.tensorcom.transport.jeromq.JeroMqTransport;

final class NettyToJeroMqLeavingTest extends LeavingContract {
  @Override
  protected Transport sending() {
    return new NettyTransport();
  }

  @Override
  protected Transport receiving() {
    return new JeroMqTransport();
  }
}
