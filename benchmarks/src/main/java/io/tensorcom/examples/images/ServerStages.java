// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.images;

import io.tensorcom.TensorSender;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.transport.SendResult;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Locale;

/**
 * Where an image server's time goes: CPU time of each stage, in microseconds a sample, one after
 * the other by one thread. Sending is measured with the CPU time of the whole process.
 *
 * <p>Usage: {@code ServerStages SIZE FILTER JPEG SCALED BATCH EPOCHS URL SHARDS}; as many epochs
 * more go before, to warm up.
 */
public final class ServerStages {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int SENDS = 100;

  private final TwoStages decoder;
  private final ShardSource source;
  private final int count;
  private final ByteBuffer batch;
  private long read;
  private long batching;
  private long samples;

  private ServerStages(DecodeOptions options, ShardSource source, int count) {
    this.decoder = new TwoStages(options);
    this.source = source;
    this.count = count;
    this.batch = ByteBuffer.allocateDirect(count * options.size() * options.size() * 3);
  }

  /** The decoder in its two stages. */
  private static final class TwoStages {
    private final ImageDecoder decoder;
    private long decoding;
    private long scaling;

    TwoStages(DecodeOptions options) {
      decoder = ImageDecoder.of(options);
    }

    RgbImage decode(byte[] file) throws IOException {
      long start = now();
      decoder.read(file);
      long decoded = now();
      RgbImage image = decoder.resize();
      decoding += decoded - start;
      scaling += now() - decoded;
      return image;
    }
  }

  private static long now() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static long ofProcess() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** Prints the stages as JSON. */
  public static void main(String[] args) throws IOException, InterruptedException {
    int size = Integer.parseInt(args[0]);
    ResizeFilter filter = ResizeFilter.valueOf(args[1].toUpperCase(Locale.ROOT));
    JpegLibrary jpeg = JpegLibrary.valueOf(args[2].toUpperCase(Locale.ROOT));
    int count = Integer.parseInt(args[4]);
    ShardSource shards =
        new ShardSource(
            Shard.parse(args[7]), ServerPart.ALL, null, new SkipLog(System.err::println));
    ServerStages server =
        new ServerStages(
            new DecodeOptions(size, filter, Boolean.parseBoolean(args[3]), jpeg), shards, count);
    int epochs = Integer.parseInt(args[5]);
    server.run(epochs);
    server.reset();
    server.run(epochs);
    server.print(send(args[6], count, size));
  }

  private void reset() {
    read = 0;
    batching = 0;
    samples = 0;
    decoder.decoding = 0;
    decoder.scaling = 0;
  }

  private void run(int epochs) throws IOException, InterruptedException {
    for (int i = 0; i < epochs; i++) {
      try (SampleStream stream = source.openPass(i)) {
        run(stream);
      }
    }
  }

  private void run(SampleStream stream) throws IOException, InterruptedException {
    while (true) {
      long start = now();
      EncodedSample sample = stream.next();
      read += now() - start;
      if (sample == null) {
        return;
      }
      byte[] pixels = decoder.decode(sample.image()).pixels();
      start = now();
      batch.put((int) (samples % count) * pixels.length, pixels);
      batching += now() - start;
      samples++;
    }
  }

  private static double send(String url, int count, int size) throws InterruptedException {
    try (TensorSender sender = TensorSender.open(url);
        TensorBatch batch =
            TensorBatch.of(
                Tensor.allocate(sender.pool(), DType.UINT8, count, size, size, 3),
                Tensor.allocate(sender.pool(), DType.INT32, count))) {
      long start = 0;
      for (int i = -SENDS; i < SENDS; i++) {
        if (i == 0) {
          start = ofProcess();
        }
        if (sender.send(batch, PATIENCE) != SendResult.SENT) {
          throw new IllegalStateException("not sent within " + PATIENCE + ": batch=" + i);
        }
      }
      sender.close(PATIENCE);
      return (ofProcess() - start) / 1e3 / SENDS / count;
    }
  }

  private void print(double send) {
    double each = 1e3 * samples;
    System.out.printf(
        Locale.ROOT,
        "stages: {\"read\": %.1f, \"decode\": %.1f, \"resize\": %.1f, \"batch\": %.1f, \"send\":"
            + " %.1f}%n",
        read / each,
        decoder.decoding / each,
        decoder.scaling / each,
        batching / each,
        send);
    System.exit(0);
  }
}
