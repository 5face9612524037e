// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

/**
 * A source that is read once.
 *
 * @param source what is read
 */
public record OnePass(SampleSource source) implements SampleSource {
  @Override
  public SampleStream openPass(int pass) {
    return source.openPass(pass);
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
