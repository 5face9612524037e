// SPDX-License-Identifier: Apache-2.0

/** Streams of batches as datasets of the Deep Java Library. */
module io.tensorcom.djl {
  requires transitive ai.djl.api;
  requires transitive io.tensorcom.core;
  requires org.slf4j;
  requires static org.jspecify;

  exports io.tensorcom.djl;
}
