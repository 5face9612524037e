// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One server's part of a list of shards.
 *
 * <p>With a seed, all servers shuffle the whole list alike, differently for each pass, and then
 * take every N-th shard; so together they serve each sample once per pass. With fewer shards than
 * servers, each reads all shards and takes every N-th sample.
 *
 * <p>A shard that cannot be opened is an error in the first pass, and skipped in later ones; over
 * HTTP it is tried again first, unless the server says that there is none.
 */
public final class ShardSource implements SampleSource {
  private static final int OPEN_ATTEMPTS = 4;

  private final List<Shard> shards;
  private final ServerPart part;
  private final @Nullable Long seed;
  private final SkipLog skips;
  private final Duration firstWait;

  /** Makes a source; without a seed shards are read as listed. */
  public ShardSource(List<Shard> shards, ServerPart part, @Nullable Long seed, SkipLog skips) {
    this(shards, part, seed, skips, Duration.ofSeconds(1));
  }

  ShardSource(
      List<Shard> shards, ServerPart part, @Nullable Long seed, SkipLog skips, Duration firstWait) {
    this.firstWait = firstWait;
    this.shards = List.copyOf(shards);
    this.part = part;
    this.seed = seed;
    this.skips = skips;
  }

  private boolean splitsSamples() {
    return shards.size() < part.count();
  }

  private List<Shard> ofPass(int pass) {
    List<Shard> order = new ArrayList<>(shards);
    if (seed != null) {
      Collections.shuffle(order, new Random(seed + pass));
    }
    if (splitsSamples()) {
      return order;
    }
    List<Shard> mine = new ArrayList<>();
    for (int i = part.index(); i < order.size(); i += part.count()) {
      mine.add(order.get(i));
    }
    return mine;
  }

  @Override
  public SampleStream openPass(int pass) {
    Iterator<Shard> mine = ofPass(pass).iterator();
    // What was there in the first pass is likely to come back.
    ShardStream.Opening opening = new ShardStream.Opening(OPEN_ATTEMPTS, firstWait, pass == 0);
    return new SampleStream() {
      private @Nullable ShardStream current;
      private long position;

      @Override
      public @Nullable EncodedSample next() throws InterruptedException {
        while (true) {
          ShardStream stream = current;
          EncodedSample sample = stream == null ? null : stream.next();
          if (sample != null) {
            boolean taken = !splitsSamples() || position % part.count() == part.index();
            position++;
            if (taken) {
              return sample;
            }
            continue;
          }
          close();
          if (!mine.hasNext()) {
            return null;
          }
          current = new ShardStream(mine.next(), skips, opening);
        }
      }

      @Override
      public void close() {
        if (current != null) {
          current.close();
          current = null;
        }
      }
    };
  }

  @Override
  public boolean isRepeatable() {
    return shards.stream().noneMatch(Shard::isStandardInput);
  }

  @Override
  public String describe() {
    return shards.size() == 1 ? "shard " + shards.get(0).name() : shards.size() + " shards";
  }
}
