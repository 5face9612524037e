// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

/**
 * The thread was interrupted while an iterator of a {@link TensorReceiver} waited. The thread's
 * interrupted status is set; the stream has not ended, and iterating can go on.
 */
public final class ReceiveInterruptedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ReceiveInterruptedException(InterruptedException cause) {
    super("interrupted while waiting for a batch", cause);
  }
}
