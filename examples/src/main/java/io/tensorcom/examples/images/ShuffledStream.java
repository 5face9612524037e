// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Hands out samples in random order from a buffer that is kept full while the source lasts. */
final class ShuffledStream implements SampleStream {
  static final int BUFFER = 1000;

  private final SampleStream source;
  private final Random random;
  private final List<EncodedSample> buffer = new ArrayList<>(BUFFER);
  private boolean sourceEnded;

  ShuffledStream(SampleStream source, Random random) {
    this.source = source;
    this.random = random;
  }

  @Override
  public @Nullable EncodedSample next() throws InterruptedException {
    while (!sourceEnded && buffer.size() < BUFFER) {
      EncodedSample sample = source.next();
      if (sample == null) {
        sourceEnded = true;
      } else {
        buffer.add(sample);
      }
    }
    if (buffer.isEmpty()) {
      return null;
    }
    int pick = random.nextInt(buffer.size());
    EncodedSample picked = Objects.requireNonNull(buffer.get(pick));
    EncodedSample last = buffer.remove(buffer.size() - 1);
    if (pick < buffer.size()) {
      buffer.set(pick, last);
    }
    return picked;
  }

  @Override
  public void close() {
    buffer.clear();
    sourceEnded = true;
    source.close();
  }
}
