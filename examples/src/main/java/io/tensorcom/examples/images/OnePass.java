// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

/**
 * One pass over a source.
 *
 * @param source what is read
 * @param number of the pass, from 0
 */
public record OnePass(SampleSource source, int number) implements SampleSource {
  /** The first pass. */
  public OnePass(SampleSource source) {
    this(source, 0);
  }

  @Override
  public SampleStream openPass(int pass) {
    return source.openPass(number);
  }

  @Override
  public boolean isRepeatable() {
    return false;
  }

  @Override
  public String describe() {
    return source.describe();
  }
}
