// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

/** What becomes of a batch that cannot be trained with. */
public enum OnBadBatch {
  /** It is counted and left out. */
  SKIP,
  /** The trainer's thread gets an exception that names the server. */
  THROW
}
