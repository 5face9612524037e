// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import io.tensorcom.examples.cli.UserException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How {@link ImageBatches} makes batches. Immutable.
 *
 * @param batchSize images in a batch
 * @param decode how images are decoded
 * @param shuffle whether samples go through a shuffle buffer of 1,000
 * @param seed of the shuffle buffer; null for a random one
 * @param lookAhead samples that are read and decoded ahead at most
 */
public record ImageBatchesConfig(
    int batchSize, DecodeOptions decode, boolean shuffle, @Nullable Long seed, int lookAhead) {
  /**
   * Checks that a batch of images of this size can be sent.
   *
   * @param most the largest message in bytes
   * @throws UserException if it cannot
   */
  public void checkBatchSize(int width, int height, long most) {
    double bytes = 3.0 * batchSize * width * height;
    if (bytes > most) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "a batch of %d images of %dx%d is %.0f bytes (expected: <= %d, the largest message);"
                  + " make -b smaller, or give the URL ?pool=SIZE, twice that, and ?max=SIZE",
              batchSize,
              width,
              height,
              bytes,
              most));
    }
  }

  /** {@return a configuration without scaling or shuffling} */
  public static ImageBatchesConfig ofBatchSize(int batchSize) {
    return new ImageBatchesConfig(
        batchSize, DecodeOptions.ofSize(0), false, null, Math.max(16, batchSize));
  }

  /** {@return a copy that decodes so} */
  public ImageBatchesConfig withDecode(DecodeOptions options) {
    return new ImageBatchesConfig(batchSize, options, shuffle, seed, lookAhead);
  }
}
