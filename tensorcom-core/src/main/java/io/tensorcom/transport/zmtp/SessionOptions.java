// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.SocketOptions;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.Tuning;
import org.jspecify.annotations.Nullable;

/**
 * What all sessions of one socket share.
 *
 * @param gate where a source's sessions get memory; null for a sink
 */
record SessionOptions(
    SocketRole role, SocketOptions socket, Scheduler scheduler, @Nullable MemoryGate gate) {
  Tuning tuning() {
    return socket.tuning();
  }
}
