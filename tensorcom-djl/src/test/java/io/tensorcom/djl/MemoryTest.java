// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.testkit.Batches;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A long training holds as much in its last quarter as in the first after it got warm. */
@Timeout(180)
final class MemoryTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int EPOCHS = 100;
  private static final int WARM = 20;
  private static final int QUARTER = (EPOCHS - WARM) / 4;
  private static final int BATCHES = 100;
  private static final int SAMPLES = 4;
  private static final int SIDE = 64;

  /** 20 kB were seen; 40 bytes of each batch between the two quarters are more. */
  private static final long MOST_HEAP = 240 << 10;

  /** 15 MB were seen, of the JVM's own; the arrays of one converted batch in forty are more. */
  private static final long MOST_NATIVE = 28 << 20;

  private static final String OURS = "tensorcom";
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Pattern RESIDENT = Pattern.compile("RssAnon:\\s+(\\d+) kB");
  private static final Pattern RESOURCES = Pattern.compile("Resource size: (\\d+)");

  /** Reachable, as an executor that nobody can reach ends its threads by itself. */
  private final List<TensorcomDataset> read = new ArrayList<>();

  /** What batches are made of. */
  private enum Load {
    AS_THEY_COME,
    CONVERTED;

    TensorcomDataset.Builder of(TensorcomDataset.Builder builder) {
      return this == AS_THEY_COME
          ? builder
          : builder
              .optWiden(true)
              .optChannelsFirst(true)
              .optNormalize(1 / 255f, new float[] {0.5f, 0.5f, 0.5f}, null);
    }
  }

  /**
   * What is held at the end of an epoch.
   *
   * @param heap bytes in use after a collection
   * @param resident bytes beside files; 0 where there is no /proc
   * @param managers base managers of the engine
   */
  private record Held(long heap, long resident, long managers) {
    static Held now(NDManager engine) {
      System.gc();
      return new Held(
          ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
          Files.exists(STATUS) ? 1024 * number(RESIDENT, read(STATUS)) : 0,
          resources(engine));
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long number(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    assertThat(matcher.find()).as(text).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  /** What DJL tells of them, in no other way. */
  private static long resources(NDManager manager) {
    return number(RESOURCES, manager.toString());
  }

  /** The parent of all base managers, which is never closed. */
  private static NDManager engine() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      return manager.getParentManager();
    }
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).sorted().toList();
  }

  private static void awaitNoMoreThan(List<String> before) {
    long deadline = System.nanoTime() + SOON.toNanos();
    List<String> left = threads();
    while (!left.isEmpty()) {
      left = new ArrayList<>(threads());
      before.forEach(left::remove);
      assertThat(System.nanoTime()).as("threads that are left: %s", left).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private List<Held> train(Load load, int epochs) throws Exception {
    List<Held> held = new ArrayList<>(epochs);
    try (ServedStream stream = new ServedStream();
        TensorBatch made =
            TensorBatch.of(
                Batches.random(stream.pool(), 1, DType.UINT8, SAMPLES, SIDE, SIDE, 3),
                Batches.random(stream.pool(), 1, DType.INT32, SAMPLES));
        TensorcomDataset dataset = load.of(stream.dataset()).build();
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      Future<?> served =
          stream.serve(
              epochs,
              BATCHES,
              (epoch, i) -> TensorBatch.of(made.get(0).share(), made.get(1).share()));
      read.add(dataset);
      long batches = 0;
      while (!dataset.isStreamEnded()) {
        for (Batch batch : dataset.getData(manager)) {
          batch.close();
          batches++;
        }
        assertThat(resources(manager)).as("left in the user's manager").isZero();
        held.add(Held.now(manager.getParentManager()));
      }
      served.get(30, TimeUnit.SECONDS);

      assertThat(batches).isEqualTo((long) epochs * BATCHES);
      assertThat(dataset.loadStats().kept()).isZero();
    }
    return held;
  }

  private static long more(List<Held> held, ToLongFunction<Held> what) {
    return median(held.subList(EPOCHS - QUARTER, EPOCHS), what)
        - median(held.subList(WARM, WARM + QUARTER), what);
  }

  private static long median(List<Held> quarter, ToLongFunction<Held> what) {
    return quarter.stream().mapToLong(what).sorted().skip(quarter.size() / 2).findFirst().orElse(0);
  }

  @ParameterizedTest
  @EnumSource
  void shouldStayFlatWhenAHundredEpochsOfAHundredBatchesAreRead(Load load) throws Exception {
    // What a process has once: the engine, its libraries, cleaners; none of it is ours.
    var unused = train(load, 1);
    NDManager engine = engine();
    List<String> threads = threads().stream().filter(each -> !each.startsWith(OURS)).toList();
    long managers = resources(engine);

    List<Held> held = train(load, EPOCHS);

    awaitNoMoreThan(threads);
    assertThat(resources(engine)).as("base managers").isEqualTo(managers);
    assertThat(more(held, Held::managers)).as("base managers more").isLessThan(4);
    assertThat(more(held, Held::heap)).as("bytes more on the heap").isLessThan(MOST_HEAP);
    assumeTrue(Files.exists(STATUS), "no /proc here: the engine's memory was not measured");
    assertThat(more(held, Held::resident)).as("bytes more resident").isLessThan(MOST_NATIVE);
  }
}
