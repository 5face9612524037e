// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

/** What becomes of an epoch of which servers did not tell the end, or went away in the middle. */
public enum OnLostServer {
  /**
   * Training goes on with what came: the servers are counted, and {@link
   * TensorcomDataset#epochReport} names them. When nothing at all came, it throws.
   */
  CONTINUE,
  /** The trainer's thread gets a {@link ServersLostException} at the end of the epoch. */
  THROW
}
