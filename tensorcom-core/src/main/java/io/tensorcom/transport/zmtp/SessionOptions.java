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
 * @param scratch where sessions get a buffer of their own
 */
record SessionOptions(
    SocketRole role,
    SocketOptions socket,
    Scheduler scheduler,
    @Nullable MemoryGate gate,
    ScratchBuffers scratch) {
  SessionOptions(
      SocketRole role, SocketOptions socket, Scheduler scheduler, @Nullable MemoryGate gate) {
    this(
        role,
        socket,
        scheduler,
        gate,
        new ScratchBuffers(Session.SCRATCH_BYTES + FrameWriter.STAGED_BYTES));
  }

  Tuning tuning() {
    return socket.tuning();
  }
}
