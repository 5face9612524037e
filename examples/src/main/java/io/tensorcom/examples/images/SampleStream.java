// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.io.Closeable;
import org.jspecify.annotations.Nullable;

/** Samples one after the other. Used by one thread. */
public interface SampleStream extends Closeable {
  /**
   * {@return the next sample, or null at the end}
   *
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  @Nullable EncodedSample next() throws InterruptedException;

  @Override
  void close();
}
