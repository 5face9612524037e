// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.demo;

/** What the demo's server does wrong on purpose, so that tests see the demo notice it. */
enum Fault {
  /** Nothing. */
  NONE,
  /** Alters one byte of a batch after its hash was taken. */
  FLIP,
  /** Counts a batch as sent and does not send it. */
  WITHHOLD,
  /** Dies half way. */
  KILL,
  /** Lives on and does nothing more. */
  STALL;

  /** The index of the batch that it happens to. */
  static final int AT_BATCH = 10;
}
