// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

/** Lets tests of other packages see whether all sessions have given their buffers back. */
public final class SessionBuffers {
  private SessionBuffers() {}

  /** {@return how many sessions, of all sockets, have a buffer} */
  public static long inUse() {
    return ScratchBuffers.out();
  }
}
