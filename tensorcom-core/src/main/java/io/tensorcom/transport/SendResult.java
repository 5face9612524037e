// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport;

/** The outcome of sending; in each of them the caller still closes its batch. */
public enum SendResult {
  /** The batch is queued for a peer (PUSH) or for all subscribers (PUB); it may still be lost. */
  SENT,
  /** No peer had room before the time was over: try again, or drop the batch. */
  TIMED_OUT,
  /** The socket is closed: stop sending. */
  CLOSED
}
