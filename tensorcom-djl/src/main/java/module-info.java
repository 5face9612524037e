// SPDX-License-Identifier: Apache-2.0

/** Turns streams of batches into datasets of the Deep Java Library. */
module io.tensorcom.djl {
  requires transitive io.tensorcom.core;
  requires static org.jspecify;
}
