// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.jeromq;

import io.tensorcom.testkit.LeavingContract;
import io.tensorcom.transport.Transport;

final class JeroMqLeavingTest extends LeavingContract {
  @Override
  protected Transport sending() {
    return new JeroMqTransport();
  }

  @Override
  protected Transport receiving() {
    return new JeroMqTransport();
  }
}
