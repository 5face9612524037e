// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.examples.cli.UserException;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ImageBatchesTest {
  private final List<String> lines = new ArrayList<>();
  private final SkipLog skips = new SkipLog(lines::add);
  private final TensorPool pool = TensorPool.builder().budgetBytes(64 << 20).checked(true).build();
  private final ExecutorService decoders = Executors.newFixedThreadPool(3);

  @AfterEach
  void stopDecodersAndFindNoLease() {
    decoders.shutdownNow();
    assertThat(pool.stats().leases()).isZero();
  }

  private ImageBatches batches(ImageBatchesConfig config, SampleSource source) {
    return new ImageBatches(config, source, pool, decoders, skips);
  }

  private SampleSource source(List<Shard> shards) {
    return new ShardSource(shards, ServerPart.ALL, null, skips);
  }

  private static List<Integer> labels(TensorBatch batch) {
    List<Integer> labels = new ArrayList<>();
    ByteBuffer data = batch.get(1).data();
    while (data.hasRemaining()) {
      labels.add(data.getInt());
    }
    return labels;
  }

  private List<Integer> labelsOf(SampleSource source, int count) throws InterruptedException {
    List<Integer> labels = new ArrayList<>();
    try (SampleStream stream = source.openPass(0)) {
      for (int i = 0; i < count; i++) {
        EncodedSample sample = stream.next();
        assertThat(sample).isNotNull();
        labels.add(sample.label());
      }
    }
    return labels;
  }

  private static long directBuffers() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(each -> each.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getCount)
        .sum();
  }

  @Test
  void shouldDecodeWithTheSameMemoryWhenThereIsAnotherPass() {
    SampleSource source = source(Archives.fashionMnist(1));
    long before = 0;
    for (int pass = 0; pass < 101; pass++) {
      try (ImageBatches batches = batches(ImageBatchesConfig.ofBatchSize(32), source)) {
        batches.next().close();
      }
      before = pass == 0 ? directBuffers() : before;
    }

    // Those of libturbojpeg are two for each of three threads.
    assertThat(directBuffers()).isLessThan(before + 50);
  }

  @Test
  void shouldKeepTheOrderOfAShardWhenDecodingInParallel() throws Exception {
    SampleSource source = source(Archives.fashionMnist(1));
    List<Integer> seen = new ArrayList<>();
    try (ImageBatches batches = batches(ImageBatchesConfig.ofBatchSize(32), source)) {
      for (int i = 0; i < 10; i++) {
        try (TensorBatch batch = batches.next()) {
          assertThat(batch.get(0).dtype()).isEqualTo(DType.UINT8);
          assertThat(batch.get(0).shape()).containsExactly(32, 28, 28, 3);
          assertThat(batch.get(1).dtype()).isEqualTo(DType.INT32);
          assertThat(batch.get(1).shape()).containsExactly(32);
          seen.addAll(labels(batch));
        }
      }
    }
    assertThat(seen).isEqualTo(labelsOf(source, 320));
  }

  @Test
  void shouldGoOnWithoutLossWhenAPassEnds() throws Exception {
    SampleSource source = source(Archives.fashionMnist(1));
    List<Integer> expected = labelsOf(source, 1000);
    List<Integer> seen = new ArrayList<>();
    try (ImageBatches batches = batches(ImageBatchesConfig.ofBatchSize(300), source)) {
      while (seen.size() < 2000) {
        try (TensorBatch batch = batches.next()) {
          assertThat(batch.get(1).dim(0)).isEqualTo(300);
          seen.addAll(labels(batch));
        }
      }
    }
    assertThat(seen.subList(0, 1000)).isEqualTo(expected);
    assertThat(seen.subList(1000, 2000)).isEqualTo(expected);
  }

  @Test
  void shouldEndWithASmallerBatchWhenSourceIsReadOnce() {
    List<Integer> seen = new ArrayList<>();
    try (ImageBatches batches =
        batches(
            ImageBatchesConfig.ofBatchSize(300), new OnePass(source(Archives.fashionMnist(1))))) {
      batches.forEachRemaining(
          batch -> {
            try (batch) {
              seen.add((int) batch.get(0).dim(0));
            }
          });
    }
    assertThat(seen).containsExactly(300, 300, 300, 100);
  }

  @Test
  void shouldServeEachSampleOnceWhenShuffledWithASeed() throws Exception {
    SampleSource source = source(Archives.fashionMnist(2));
    ImageBatchesConfig config = new ImageBatchesConfig(500, DecodeOptions.ofSize(0), true, 7L, 500);
    List<Integer> first = shuffled(config, source);

    assertThat(first).isNotEqualTo(labelsOf(source, 2000));
    assertThat(first).containsExactlyInAnyOrderElementsOf(labelsOf(source, 2000));
    assertThat(shuffled(config, source)).isEqualTo(first);
  }

  private List<Integer> shuffled(ImageBatchesConfig config, SampleSource source) {
    List<Integer> seen = new ArrayList<>();
    try (ImageBatches batches = batches(config, new OnePass(source))) {
      batches.forEachRemaining(
          batch -> {
            try (batch) {
              seen.addAll(labels(batch));
            }
          });
    }
    return seen;
  }

  @Test
  void shouldSkipWithAHintWhenPhotosDifferInSize() {
    List<Shard> photos = Shard.parse(Archives.DATA.resolve("photos/photos-000000.tar").toString());
    try (ImageBatches batches =
            batches(ImageBatchesConfig.ofBatchSize(8), new OnePass(source(photos)));
        TensorBatch batch = batches.next()) {
      assertThat(batch.get(0).shape()).containsExactly(1, 320, 480, 3);
    }
    assertThat(lines).hasSize(7);
    assertThat(lines.get(0)).contains("photos-000000.tar 0001: size 266x400", "--size N");
  }

  @Test
  void shouldScaleAndCropAllPhotosWhenSizeIsGiven() {
    List<Shard> photos = Shard.parse(Archives.DATA.resolve("photos/photos-000000.tar").toString());
    ImageBatchesConfig config =
        new ImageBatchesConfig(8, DecodeOptions.ofSize(96), false, null, 16);
    try (ImageBatches batches = batches(config, new OnePass(source(photos)));
        TensorBatch batch = batches.next()) {
      assertThat(batch.get(0).shape()).containsExactly(8, 96, 96, 3);
      assertThat(labels(batch)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
      ByteBuffer pixels = batch.get(0).data();
      for (int i = 0; i < 8; i++) {
        // The corners belong to the picture, not to an unpainted border.
        int corner = pixels.getInt(i * 96 * 96 * 3) & 0xffffff;
        int last = pixels.getInt((i + 1) * 96 * 96 * 3 - 4) & 0xffffff;
        assertThat(corner + last).isNotZero();
      }
    }
    assertThat(lines).isEmpty();
  }

  @Test
  void shouldSkipByNameWhenAnImageIsBroken(@TempDir Path folder) throws IOException {
    byte[] good = Archives.plain(3, 2, 0x102030);
    byte[] cut = Arrays.copyOf(good, good.length - 30);
    Path tar =
        Archives.tar(
            folder.resolve("s.tar"),
            "a.png",
            good,
            "a.cls",
            "1",
            "b.png",
            cut,
            "b.cls",
            "2",
            "c.jpg",
            "no image",
            "c.cls",
            "3",
            "d.png",
            good,
            "d.cls",
            "4");
    try (ImageBatches batches =
            batches(
                ImageBatchesConfig.ofBatchSize(4),
                new OnePass(source(Shard.parse(tar.toString()))));
        TensorBatch batch = batches.next()) {
      assertThat(labels(batch)).containsExactly(1, 4);
      assertThat(batch.get(0).data().get(0)).isEqualTo((byte) 0x10);
      assertThat(batch.get(0).data().get(1)).isEqualTo((byte) 0x20);
      assertThat(batch.get(0).data().get(2)).isEqualTo((byte) 0x30);
    }
    assertThat(skips.count()).isEqualTo(2);
    assertThat(lines).anyMatch(line -> line.startsWith("skipped " + tar + " b: "));
    assertThat(lines).anyMatch(line -> line.startsWith("skipped " + tar + " c: "));
  }

  @Test
  void shouldFailInsteadOfTurningForEverWhenNothingIsUsable(@TempDir Path folder)
      throws IOException {
    Path broken = Archives.tar(folder.resolve("b.tar"), "a.png", "no image", "a.cls", "1");
    Path empty = Archives.tar(folder.resolve("e.tar"));
    for (Path tar : List.of(broken, empty)) {
      SampleSource source = source(Shard.parse(tar.toString()));
      for (SampleSource tried : List.of(source, new OnePass(source))) {
        try (ImageBatches batches = batches(ImageBatchesConfig.ofBatchSize(4), tried)) {
          assertThatThrownBy(batches::hasNext)
              .isInstanceOf(UserException.class)
              .hasMessageStartingWith("no usable image: shard " + tar);
        }
      }
    }
  }

  @Test
  void shouldSayWhatToDoWhenABatchIsLargerThanThePool() {
    try (ImageBatches batches =
        batches(ImageBatchesConfig.ofBatchSize(100_000), source(Archives.fashionMnist(1)))) {
      assertThatThrownBy(batches::hasNext)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("make -b smaller, or give the URL ?pool=SIZE");
    }
  }

  @Test
  void shouldNumberClassesByNameWhenReadFromAFolder(@TempDir Path folder) throws IOException {
    for (String name : List.of("dog", "cat")) {
      Files.createDirectory(folder.resolve(name));
      for (int i = 0; i < 2; i++) {
        Files.write(folder.resolve(name).resolve(i + ".png"), Archives.plain(2, 2, 0));
      }
      Files.writeString(folder.resolve(name).resolve("notes.txt"), "not an image");
    }
    try (ImageBatches batches =
            batches(
                ImageBatchesConfig.ofBatchSize(4),
                new OnePass(new DirectorySource(folder, null, skips)));
        TensorBatch batch = batches.next()) {
      assertThat(labels(batch)).containsExactly(0, 0, 1, 1);
    }
    assertThatThrownBy(() -> new DirectorySource(folder.resolve("dog"), null, skips))
        .isInstanceOf(UserException.class);
    assertThatThrownBy(() -> new DirectorySource(folder.resolve("none"), null, skips))
        .hasMessageContaining("cannot list folder");
  }
}
