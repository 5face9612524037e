// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.serve;

import io.tensorcom.BraceExpansion;
import io.tensorcom.examples.cli.Bounds;
import io.tensorcom.examples.cli.Cli;
import io.tensorcom.examples.images.DecodeOptions;
import io.tensorcom.examples.images.ImageBatchesConfig;
import io.tensorcom.examples.images.JpegLibrary;
import io.tensorcom.examples.images.ResizeFilter;
import io.tensorcom.examples.metrics.MetricsOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options that both image servers have, filled in by picocli. */
final class ServeSettings {
  private static final int MOST_IMAGES = 1 << 20;
  private static final int MOST_THREADS = 1024;
  private static final int LARGEST_SIZE = 16_384;
  private static final String DEFAULT_URL = "zpub://127.0.0.1:7880";

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      description = "images in a batch (default 32)")
  private int batchSize = 32;

  @Option(
      names = {"-r", "--report"},
      paramLabel = "N",
      description = "report every N batches, at most once in 100 ms (default 10)")
  private int reportEvery = 10;

  @Option(
      names = {"-B", "--repeat-one"},
      description = "prepare one batch and serve it again and again")
  private boolean repeatOne;

  @Option(
      names = {"-S", "--shuffle"},
      description = "shuffle samples in a buffer of 1,000")
  private boolean shuffle;

  @Option(
      names = {"-p", "--pipelines"},
      paramLabel = "N",
      description = "N pipelines on the one URL, a zpush or zrpub (default 0: one)")
  private int pipelines;

  @Option(
      names = {"-N", "--threads"},
      paramLabel = "N",
      description = "decode threads (default: all cores)")
  private int threads;

  @Option(names = "--size", paramLabel = "N", description = "scale and crop images to N x N")
  private int size;

  @Option(
      names = "--filter",
      description =
          "with --size: triangle, as Pillow scales (default), or area, as OpenCV's INTER_AREA")
  private @Nullable ResizeFilter filter;

  @Option(
      names = "--scaled-decode",
      description =
          "with --size: decode JPEG to 1/2, 1/4 or 1/8 first, where libturbojpeg is there")
  private boolean scaledDecode;

  @Option(
      names = "--jpeg",
      description = "what decodes JPEG: turbojpeg, imageio or auto (default: the first there is)")
  private JpegLibrary jpeg = JpegLibrary.AUTO;

  @Option(names = "--shuffle-seed", paramLabel = "S", description = "seed of all shuffling")
  private @Nullable Long seed;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "serve so many passes, each an epoch, to each URL, and end (default: go on)")
  private long epochs;

  @Option(
      names = "--peers",
      paramLabel = "N",
      description =
          "before the first batch wait for so many receivers (default 0; with --epochs 1)")
  private int peers = -1;

  @Mixin private final MetricsOption metrics = new MetricsOption();

  @Parameters(paramLabel = "URL", description = "where to serve (default zpub://127.0.0.1:7880)")
  private @Nullable List<String> urls;

  /** Checks what picocli does not. */
  void check() {
    Bounds.within(1, MOST_IMAGES, batchSize, "-b");
    Bounds.atLeast(1, reportEvery, "-r");
    Bounds.atLeast(0, pipelines, "-p");
    Bounds.within(0, MOST_THREADS, threads, "-N");
    Bounds.within(0, LARGEST_SIZE, size, "--size");
    if (size == 0 && (filter != null || scaledDecode)) {
      throw new IllegalArgumentException(
          (filter != null ? "--filter" : "--scaled-decode") + " needs --size");
    }
    Cli.refuseOption("timeout", "none; it is for receivers", urls());
    Bounds.atLeast(0, epochs, "--epochs");
    Bounds.atLeast(-1, peers, "--peers");
    if (epochs > 0 && repeatOne) {
      throw new IllegalArgumentException("-B serves one batch without end: it has no --epochs");
    }
    if (pipelines > 0
        && (urls().size() != 1 || !urls().get(0).matches("(?i)(zpush|zrpub)(\\+\\w+)?://.*"))) {
      throw new IllegalArgumentException("-p needs exactly one URL, a zpush or zrpub");
    }
  }

  List<String> urls() {
    List<String> given = urls;
    return given == null || given.isEmpty() ? List.of(DEFAULT_URL) : given;
  }

  /** {@return how many epochs to serve; 0 for no end} */
  long epochs() {
    return epochs;
  }

  /** {@return for how many receivers to wait before the first batch} */
  int peers() {
    return peers >= 0 ? peers : epochs > 0 ? 1 : 0;
  }

  int pipelines() {
    return Math.max(1, pipelines);
  }

  /** {@return how many senders these settings open} */
  long senders() {
    return (long) pipelines()
        * urls().stream().mapToLong(url -> BraceExpansion.expand(url).size()).sum();
  }

  MetricsOption metrics() {
    return metrics;
  }

  int reportEvery() {
    return reportEvery;
  }

  boolean repeatOne() {
    return repeatOne;
  }

  boolean shuffle() {
    return shuffle;
  }

  @Nullable Long seed() {
    return seed;
  }

  int threads() {
    return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
  }

  int size() {
    return size;
  }

  DecodeOptions decode() {
    ResizeFilter how = filter == null ? ResizeFilter.TRIANGLE : filter;
    return new DecodeOptions(size, how, scaledDecode, jpeg);
  }

  ImageBatchesConfig batches() {
    int lookAhead = Math.max(2 * threads(), Math.min(256, 2 * batchSize));
    return new ImageBatchesConfig(batchSize, decode(), shuffle, seed, lookAhead);
  }
}
