// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.testkit.DrainContract;
import io.tensorcom.transport.Transport;

final class JeroMqDrainTest extends DrainContract {
  @Override
  protected Transport sending() {
    return new JeroMqTransport();
  }

  @Override
  protected Transport receiving() {
    return new JeroMqTransport();
  }
}
