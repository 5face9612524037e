// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.netty;

import io.tensorcom.testkit.DrainContract;
import io.tensorcom.transport.Transport;

final class NettyDrainTest extends DrainContract {
  @Override
  protected Transport sending() {
    return new NettyTransport();
  }

  @Override
  protected Transport receiving() {
    return new NettyTransport();
  }
}
