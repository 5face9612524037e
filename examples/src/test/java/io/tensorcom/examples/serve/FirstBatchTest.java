// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.examples.images.Archives;
import io.tensorcom.examples.images.ImageBatches;
import io.tensorcom.examples.images.ImageBatchesConfig;
import io.tensorcom.examples.images.ServerPart;
import io.tensorcom.examples.images.Shard;
import io.tensorcom.examples.images.ShardSource;
import io.tensorcom.examples.images.SkipLog;
import io.tensorcom.tensor.TensorPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FirstBatchTest {
  private static final Duration HELD = Duration.ofSeconds(30);

  private final TensorPool pool = TensorPool.ofBudget(16 << 20);
  private final List<String> events = new ArrayList<>();

  private ImageBatches open() {
    events.add("opened");
    ShardSource source =
        new ShardSource(
            Shard.parse(Archives.fashionMnistPattern(1)),
            new ServerPart(0, 1),
            null,
            new SkipLog(events::add));
    return new ImageBatches(
        ImageBatchesConfig.ofBatchSize(8), source, pool, Runnable::run, new SkipLog(events::add));
  }

  private boolean await(Duration patience, boolean come) {
    events.add((patience.equals(HELD) ? "awaited, leases " : "for ever, leases ") + leases());
    return come;
  }

  private long leases() {
    return pool.stats().leases();
  }

  @Test
  void shouldHaveTheFirstBatchMadeWhenReceiversAreWaitedFor() throws InterruptedException {
    try (ImageBatches batches =
        FirstBatch.of(this::open, () -> events.add("made"), HELD, held -> await(held, true))) {
      assertThat(events).containsExactly("opened", "made", "awaited, leases 2");
      batches.next().close();
      assertThat(leases()).isZero();
    }
  }

  @Test
  void shouldOpenAgainWhenReceiversComeLate() throws InterruptedException {
    try (ImageBatches batches =
        FirstBatch.of(
            this::open,
            () -> events.add("made"),
            HELD,
            patience -> await(patience, !patience.equals(HELD)))) {
      assertThat(events)
          .containsExactly("opened", "made", "awaited, leases 2", "for ever, leases 0", "opened");
      batches.next().close();
    }
    assertThat(leases()).isZero();
  }

  @Test
  void shouldGiveBackWhatItMadeWhenWaitingFails() {
    assertThatThrownBy(
            () ->
                FirstBatch.of(
                    this::open,
                    () -> {},
                    HELD,
                    patience -> {
                      throw new InterruptedException();
                    }))
        .isInstanceOf(InterruptedException.class);

    assertThat(leases()).isZero();
  }
}
