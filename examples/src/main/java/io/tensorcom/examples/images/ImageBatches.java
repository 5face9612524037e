// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import io.tensorcom.examples.cli.UserException;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Lease;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Batches of decoded images and their classes: {@code [uint8 (B, H, W, 3), int32 (B)]}.
 *
 * <p>Images are decoded ahead by the executor and handed out in the order they were read. Passes
 * follow each other without end while the source is repeatable; the samples left at the end of one
 * go into the first batch of the next, and the last batch of the last pass may be smaller. All
 * images have the size of the first; others are skipped. Used by one thread.
 */
public final class ImageBatches implements Iterator<TensorBatch>, AutoCloseable {
  /** What comes out of decoding one sample. */
  private record Decoded(int pass, EncodedSample sample, @Nullable RgbImage image) {}

  private static final Duration POOL_WAIT = Duration.ofMillis(200);

  private final ImageBatchesConfig config;
  private final SampleSource source;
  private final TensorPool pool;
  private final Executor decoders;
  private final SkipLog skips;
  private final ImageDecoder decoder;
  private final Deque<CompletableFuture<Decoded>> ahead = new ArrayDeque<>();
  private @Nullable SampleStream stream;
  private int pass;
  private long samplesInPass;
  private int consumedPass;
  private boolean usableInConsumedPass;
  private boolean ended;
  private int width;
  private int height;
  private @Nullable TensorBatch ready;

  /** Makes batches from a source; memory comes from the pool, decoding runs on the executor. */
  public ImageBatches(
      ImageBatchesConfig config,
      SampleSource source,
      TensorPool pool,
      Executor decoders,
      SkipLog skips) {
    this.config = config;
    this.source = source;
    this.pool = pool;
    this.decoders = decoders;
    this.skips = skips;
    this.decoder = ImageDecoder.of(config.decode());
  }

  /** {@return whether there is another batch; decodes it if need be} */
  @Override
  public boolean hasNext() {
    if (ready == null && !ended) {
      try {
        ready = makeBatch();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        ended = true;
      }
    }
    return ready != null;
  }

  /** {@return the next batch, which belongs to the caller} */
  @Override
  public TensorBatch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no more batches of " + source.describe());
    }
    TensorBatch batch = Objects.requireNonNull(ready);
    ready = null;
    return batch;
  }

  private @Nullable TensorBatch makeBatch() throws InterruptedException {
    List<Decoded> samples = new ArrayList<>(config.batchSize());
    while (samples.size() < config.batchSize()) {
      Decoded decoded = nextDecoded();
      if (decoded == null) {
        ended = true;
        if (width == 0) {
          throw nothingUsable();
        }
        break;
      }
      notePass(decoded.pass);
      if (fits(decoded)) {
        usableInConsumedPass = true;
        samples.add(decoded);
      }
    }
    return samples.isEmpty() ? null : assemble(samples);
  }

  /** A whole pass without a usable image would be repeated for ever. */
  private void notePass(int ofSample) {
    if (ofSample != consumedPass) {
      if (!usableInConsumedPass) {
        throw nothingUsable();
      }
      consumedPass = ofSample;
      usableInConsumedPass = false;
    }
  }

  private UserException nothingUsable() {
    return new UserException(
        "no usable image: " + source.describe() + ", skipped=" + skips.count());
  }

  private @Nullable Decoded nextDecoded() throws InterruptedException {
    fillAhead();
    CompletableFuture<Decoded> first = ahead.poll();
    return first == null ? null : first.join();
  }

  private void fillAhead() throws InterruptedException {
    while (ahead.size() < config.lookAhead()) {
      EncodedSample sample = nextSample();
      if (sample == null) {
        return;
      }
      int ofPass = pass;
      ahead.add(CompletableFuture.supplyAsync(() -> decode(ofPass, sample), decoders));
    }
  }

  private @Nullable EncodedSample nextSample() throws InterruptedException {
    while (true) {
      if (stream == null) {
        if (pass > 0 && !source.isRepeatable()) {
          return null;
        }
        stream = openPass();
        samplesInPass = 0;
      }
      EncodedSample sample = stream.next();
      if (sample != null) {
        samplesInPass++;
        return sample;
      }
      stream.close();
      stream = null;
      pass++;
      if (samplesInPass == 0 && source.isRepeatable()) {
        throw nothingUsable();
      }
    }
  }

  private SampleStream openPass() {
    SampleStream opened = source.openPass(pass);
    if (!config.shuffle()) {
      return opened;
    }
    Long seed = config.seed();
    return new ShuffledStream(opened, seed == null ? new Random() : new Random(seed + pass));
  }

  private Decoded decode(int ofPass, EncodedSample sample) {
    try {
      return new Decoded(ofPass, sample, decoder.decode(sample.image()));
    } catch (IOException e) {
      skips.skip(sample.name(), String.valueOf(e.getMessage()));
    } catch (OutOfMemoryError e) {
      skips.skip(sample.name(), "too large for the heap");
    }
    return new Decoded(ofPass, sample, null);
  }

  private boolean fits(Decoded decoded) {
    RgbImage image = decoded.image;
    if (image == null) {
      return false;
    }
    if (width == 0) {
      width = image.width();
      height = image.height();
      // Of the pool, a message may take half.
      config.checkBatchSize(width, height, pool.budgetBytes() / 2);
    }
    if (image.width() != width || image.height() != height) {
      skips.skip(
          decoded.sample.name(),
          "size "
              + image.width()
              + "x"
              + image.height()
              + " unlike the first image's "
              + width
              + "x"
              + height
              + "; --size N makes all images N x N");
      return false;
    }
    return true;
  }

  private TensorBatch assemble(List<Decoded> samples) throws InterruptedException {
    int count = samples.size();
    Tensor images = allocate(DType.UINT8, count, height, width, 3);
    Tensor labels;
    try {
      labels = allocate(DType.INT32, count);
    } catch (InterruptedException | RuntimeException e) {
      images.close();
      throw e;
    }
    ByteBuffer pixels = images.data();
    ByteBuffer classes = labels.data();
    for (Decoded decoded : samples) {
      pixels.put(Objects.requireNonNull(decoded.image).pixels());
      classes.putInt(decoded.sample.label());
    }
    return TensorBatch.of(images, labels);
  }

  /** Waits for memory: the batches that are on their way hold it until they are sent. */
  private Tensor allocate(DType dtype, long... shape) throws InterruptedException {
    int bytes = Tensor.byteSize(dtype, shape);
    while (true) {
      Lease lease = pool.lease(bytes, POOL_WAIT);
      if (lease != null) {
        return Tensor.over(lease, 0, dtype, shape);
      }
    }
  }

  /** Stops reading and decoding, and gives back what is held. */
  @Override
  public void close() {
    ended = true;
    if (stream != null) {
      stream.close();
      stream = null;
    }
    ahead.forEach(future -> future.cancel(false));
    ahead.clear();
    if (ready != null) {
      ready.close();
      ready = null;
    }
  }
}
