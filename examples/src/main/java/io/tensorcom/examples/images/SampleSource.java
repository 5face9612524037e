// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

/** Where samples come from, pass by pass. Immutable; streams of it are independent. */
public interface SampleSource {
  /** Opens one pass over this server's part of the samples. */
  SampleStream openPass(int pass);

  /** {@return whether there can be another pass} */
  boolean isRepeatable();

  /** {@return what is read, for messages} */
  String describe();
}
