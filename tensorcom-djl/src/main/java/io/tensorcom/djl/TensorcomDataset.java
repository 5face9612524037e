// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.util.Progress;
import io.tensorcom.EpochReport;
import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorcomConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A stream of batches as a dataset: received, converted and put on the trainer's device ahead of
 * time, by a thread of its own.
 *
 * <pre>{@code
 * try (TensorcomDataset dataset =
 *     TensorcomDataset.builder()
 *         .setUrls("zsub://shards.bigdata19:7880")
 *         .setData(0)
 *         .setLabels(1)
 *         .optBatchesPerEpoch(1000)
 *         .optChannelsFirst(true)
 *         .build()) {
 *   EasyTrain.fit(trainer, 10, dataset, null);
 * }
 * }</pre>
 *
 * <p>Closing a {@link Batch} closes its arrays and gives the received memory back. On the CPU,
 * arrays lie in that memory: an array that is detached from its batch keeps it until it is garbage;
 * a view of it that lives in another manager is not protected, and {@link Builder#optCopy} is for
 * that. One epoch is read at a time, by one thread: to begin another ends the one before. Of epochs
 * that servers end, what is left of one that was broken off comes in the next, unless its end had
 * been read ahead. Conversions and the transform run on the prefetching thread, which goes on into
 * the next epoch.
 */
public final class TensorcomDataset implements Dataset, AutoCloseable {
  /** How long a transform may still run. */
  private static final Duration CLOSING = Duration.ofSeconds(10);

  private final StreamEpochs epochs;

  TensorcomDataset(Builder builder, Duration closing) {
    this.epochs = new StreamEpochs(builder, closing);
  }

  /** {@return a new builder} */
  public static Builder builder() {
    return new Builder();
  }

  /** Connects, so that batches are on their way before the first epoch begins. */
  @Override
  public void prepare(@Nullable Progress progress) {
    epochs.open();
  }

  /**
   * {@return the batches of the next epoch; its iterator waits, and throws what went wrong}
   *
   * <p>The iterator throws {@link io.tensorcom.ReceiveTimeoutException} when no batch comes in
   * time, {@link ServersLostException} when servers that should end an epoch are gone, {@link
   * UnfitBatchException} when a batch is not what the dataset was built for or its transform fails,
   * and {@link io.tensorcom.codec.MalformedBatchException}, {@link ShapeChangeException} and {@link
   * io.tensorcom.stream.BatchLossException} when told so.
   *
   * @param manager the trainer's; arrays are in sub-managers of it, one for each batch, and to
   *     close it closes batches that were left open
   */
  @Override
  public Iterable<Batch> getData(NDManager manager) {
    return () -> epochs.begin(manager, null);
  }

  /**
   * As {@link #getData(NDManager)}; prefetching takes a thread of the executor, and ends with the
   * epoch, so that the thread is free then. An epoch that is being read ahead stays on the
   * dataset's own thread.
   */
  @Override
  public Iterable<Batch> getData(NDManager manager, @Nullable ExecutorService executor) {
    return () -> epochs.begin(manager, executor);
  }

  /** {@return where time went} */
  public LoadStats loadStats() {
    return epochs.loadStats();
  }

  /**
   * {@return how the last epoch has ended that servers end and the trainer read to its end; empty
   * before, and with {@link Builder#optBatchesPerEpoch}}
   */
  public Optional<EpochReport> epochReport() {
    return Optional.ofNullable(epochs.lastEnd())
        .map(Prefetcher.EpochEnd::report)
        .filter(each -> each.epoch() >= 0);
  }

  /** {@return whether all servers have told that nothing follows} */
  public boolean isStreamEnded() {
    Prefetcher.EpochEnd end = epochs.lastEnd();
    return end != null && end.isStreamEnded();
  }

  /** {@return the receiver, for its statistics; null before the first use} */
  public @Nullable TensorReceiver receiver() {
    return epochs.receiver();
  }

  /**
   * Ends the epoch that is read, and closes the receiver. Batches that were taken stay valid.
   *
   * <p>A transform that is running is interrupted and waited for, for 10 s: one that still runs
   * then is named in the log by its thread, and what it holds goes back when it returns.
   */
  @Override
  public void close() {
    epochs.close();
  }

  /** Builds a dataset; {@code set} is required, {@code opt} has a default. */
  public static final class Builder {
    private List<String> urls = List.of();
    private List<Integer> data = List.of();
    private List<Integer> labels = List.of();
    private long batchesPerEpoch;
    private long total = Long.MAX_VALUE;
    private int prefetchBatches = 2;
    private long prefetchBytes = 256L << 20;
    private List<Device> devices = List.of();
    private Conversion conversion = Conversion.NONE;
    private UnaryOperator<NDList> transform = UnaryOperator.identity();
    private Duration silence = Duration.ofSeconds(60);
    private @Nullable Duration firstBatchTimeout;
    private TensorcomConfig receiverConfig = TensorcomConfig.defaults();
    private OnBadBatch onBadBatch = OnBadBatch.SKIP;
    private OnLostServer onLostServer = OnLostServer.CONTINUE;
    private boolean copies;

    private Builder() {}

    /** Sets where batches come from. */
    public Builder setUrls(String... newUrls) {
      urls = List.of(newUrls);
      return this;
    }

    /** Sets which tensors of a batch are data, by their positions from 0. */
    public Builder setData(int... positions) {
      data = Arrays.stream(positions).boxed().toList();
      return this;
    }

    /** Sets which tensors of a batch are labels, by their positions from 0; may be none. */
    public Builder setLabels(int... positions) {
      labels = Arrays.stream(positions).boxed().toList();
      return this;
    }

    /** Ends an epoch after so many batches; without, it ends when the servers say so. */
    public Builder optBatchesPerEpoch(long count) {
      batchesPerEpoch = atLeast(1, count, "batches per epoch");
      return this;
    }

    /** Gives so many batches over all epochs, and then empty epochs. */
    public Builder optTotal(long count) {
      total = atLeast(1, count, "total");
      return this;
    }

    /**
     * Sets how much is kept ready: this many batches, by default 2, and bytes, by default 256 MiB,
     * as converted. They may be of the next epoch.
     */
    public Builder optPrefetch(int batches, long bytes) {
      prefetchBatches = (int) atLeast(1, batches, "prefetched batches");
      prefetchBytes = atLeast(1, bytes, "prefetched bytes");
      return this;
    }

    /**
     * Sets where the arrays are put; without, where the manager given to {@code getData} is.
     *
     * <p>With several devices each gets its part of a batch, ahead of time, and {@code Batch.split}
     * for the same devices hands the parts out; such a batch has no data as a whole.
     */
    public Builder optDevices(Device... newDevices) {
      devices = List.of(newDevices);
      return this;
    }

    /** Makes (N, C, H, W) of (N, H, W, C) where C is 3 or 4, as Python's {@code totorch} does. */
    public Builder optChannelsFirst(boolean newChannelsFirst) {
      conversion = new Conversion(newChannelsFirst, conversion.widen(), conversion.normalization());
      return this;
    }

    /**
     * Makes float32 of float16 and float64, and int64 of integers of 16 bits and more, as Python's
     * {@code totorch} does; 8-bit integers are kept.
     */
    public Builder optWiden(boolean newWiden) {
      conversion = new Conversion(conversion.channelsFirst(), newWiden, conversion.normalization());
      return this;
    }

    /**
     * Makes float32 of images, (N, H, W, C) data where C is 3 or 4: {@code (x * scale - mean) /
     * std}, on the target device. There must be such data.
     *
     * @param mean per channel or one for all, of scaled values; null for 0
     * @param std per channel or one for all, of scaled values; null for 1
     * @throws IllegalArgumentException if they are not so many, not finite, or {@code std} is not
     *     above 0
     */
    public Builder optNormalize(float scale, float @Nullable [] mean, float @Nullable [] std) {
      conversion =
          new Conversion(
              conversion.channelsFirst(),
              conversion.widen(),
              new Normalization(scale, listOf(mean), listOf(std)));
      return this;
    }

    /** Changes the data of each batch after all conversions, in place or into the same manager. */
    public Builder optTransform(UnaryOperator<NDList> newTransform) {
      transform = newTransform;
      return this;
    }

    /**
     * Sets how long the first batch may take, and any other with {@link #optBatchesPerEpoch}; by
     * default 60 s. The option {@code timeout} of a URL comes before it.
     */
    public Builder optTimeout(Duration timeout) {
      firstBatchTimeout = timeout;
      return this;
    }

    /**
     * Sets after how much silence an epoch is over although not all servers have said so; by
     * default 60 s.
     */
    public Builder optSilence(Duration newSilence) {
      silence = newSilence;
      return this;
    }

    /** Sets what the receiver is like otherwise. */
    public Builder optReceiver(TensorcomConfig config) {
      receiverConfig = config;
      return this;
    }

    /**
     * Sets what becomes of malformed batches, and of those unlike the first; default SKIP. When
     * nothing else comes, in an epoch or for as long as {@link #optTimeout}, they are thrown.
     */
    public Builder optOnBadBatch(OnBadBatch newOnBadBatch) {
      onBadBatch = newOnBadBatch;
      return this;
    }

    /**
     * Sets what becomes of an epoch in which servers went away or fell silent; default CONTINUE.
     */
    public Builder optOnLostServer(OnLostServer newOnLostServer) {
      onLostServer = newOnLostServer;
      return this;
    }

    /** Gives arrays memory of their own, so that views may outlive their batch: one copy more. */
    public Builder optCopy(boolean newCopies) {
      copies = newCopies;
      return this;
    }

    /**
     * Builds the dataset, which connects at its first use.
     *
     * @throws IllegalArgumentException if URLs or positions of data are missing
     */
    public TensorcomDataset build() {
      if (urls.isEmpty() || data.isEmpty()) {
        throw new IllegalArgumentException(
            "a dataset needs setUrls and setData: urls=" + urls + ", data=" + data);
      }
      if (data.stream().anyMatch(each -> each < 0) || labels.stream().anyMatch(each -> each < 0)) {
        throw new IllegalArgumentException(
            "positions: data=" + data + ", labels=" + labels + " (expected: >= 0)");
      }
      return new TensorcomDataset(this, CLOSING);
    }

    private static List<Float> listOf(float @Nullable [] values) {
      List<Float> list = new ArrayList<>();
      for (float value : values == null ? new float[0] : values) {
        list.add(value);
      }
      return List.copyOf(list);
    }

    private static long atLeast(long lowest, long value, String name) {
      if (value < lowest) {
        throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + lowest + ")");
      }
      return value;
    }

    /** {@return what the receiver is like} */
    TensorcomConfig config() {
      TensorcomConfig.Builder config = receiverConfig.toBuilder();
      if (firstBatchTimeout != null) {
        config.receiveTimeout(firstBatchTimeout);
      }
      if (onBadBatch == OnBadBatch.THROW) {
        config.onMalformed(TensorcomConfig.OnMalformed.THROW);
      }
      return config.build();
    }

    String[] urls() {
      return urls.toArray(new String[0]);
    }

    List<Integer> data() {
      return data;
    }

    List<Integer> labels() {
      return labels;
    }

    Conversion conversion() {
      return conversion;
    }

    UnaryOperator<NDList> transform() {
      return transform;
    }

    List<Device> devices() {
      return devices;
    }

    long batchesPerEpoch() {
      return batchesPerEpoch;
    }

    long total() {
      return total;
    }

    Prefetcher.Limits limits(Duration closing) {
      return new Prefetcher.Limits(prefetchBatches, prefetchBytes, closing);
    }

    Duration silence() {
      return silence;
    }

    OnLostServer onLostServer() {
      return onLostServer;
    }

    OnBadBatch onBadBatch() {
      return onBadBatch;
    }

    boolean copies() {
      return copies;
    }
  }
}
