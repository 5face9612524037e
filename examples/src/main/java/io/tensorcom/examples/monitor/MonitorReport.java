// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tensorcom.TransferStats;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.TensorBatch;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What tensormon prints. Times are {@link System#nanoTime()}, passed in. Not thread-safe. */
final class MonitorReport {
  private final PrintStream out;
  private final boolean json;
  private final int every;
  private final long skip;
  private final long openedNanos;

  private long batches;
  private long samples;
  private long bytes;

  // What the numbers were when the last report was printed; at first, when the first batch came.
  private long reportBatches;
  private long reportSamples;
  private long reportBytes;
  private long reportNanos;

  // What the total counts.
  private long countedBytes;
  private long countedFromNanos;
  private long lastNanos;

  private @Nullable Supplier<TransferStats> peers;

  MonitorReport(PrintStream out, boolean json, int every, long skip, long nanos) {
    this.out = out;
    this.json = json;
    this.every = every;
    this.skip = skip;
    this.openedNanos = nanos;
    this.countedFromNanos = nanos;
    this.lastNanos = nanos;
  }

  /** Has every report tell of the peers too. */
  void showPeers(Supplier<TransferStats> stats) {
    peers = stats;
  }

  void opened(List<String> inputs, List<String> urls) {
    if (!json) {
      out.println(
          "input: ["
              + String.join(", ", inputs.stream().map(input -> "'" + input + "'").toList())
              + "]");
      urls.forEach(out::println);
      out.flush();
    }
  }

  long batches() {
    return batches;
  }

  /** Counts a batch; returns whether there is still somebody to report to. */
  boolean received(TensorBatch batch, long nanos) {
    long size = batch.size() > 0 && batch.get(0).rank() > 0 ? batch.get(0).dim(0) : 1;
    batches++;
    samples += size;
    bytes += batch.byteSize();
    lastNanos = nanos;
    if (batches <= skip) {
      countedFromNanos = nanos;
    } else {
      countedBytes += batch.byteSize();
    }
    if (batches == 1) {
      connected(nanos);
    }
    if (batches % every == 0) {
      report(size, nanos);
    }
    // Also flushes.
    return batches % every != 0 || !out.checkError();
  }

  private void connected(long nanos) {
    if (!json) {
      out.println("connected");
      out.flush();
    }
    // Rates count whole intervals between batches; only a report of the first one alone cannot.
    if (every == 1) {
      reportNanos = openedNanos;
    } else {
      reportNanos = nanos;
      reportBatches = batches;
      reportSamples = samples;
      reportBytes = bytes;
    }
  }

  private void report(long batchSize, long nanos) {
    double seconds = Math.max(1, nanos - reportNanos) / 1e9;
    double batchRate = (batches - reportBatches) / seconds;
    double sampleRate = (samples - reportSamples) / seconds;
    if (json) {
      ObjectNode object = Json.MAPPER.createObjectNode();
      object.put("batches", batches);
      object.put("samples", samples);
      object.put("bytes", bytes);
      object.put("batchesPerSecond", batchRate);
      object.put("samplesPerSecond", sampleRate);
      object.put("bytesPerSecond", (bytes - reportBytes) / seconds);
      object.put("batchSize", batchSize);
      if (peers != null) {
        PeerLines.add(object, peers.get());
      }
      out.println(object);
    } else {
      out.println(
          String.format(
              Locale.ROOT,
              "%20d %8.3f batches/s %8.3f samples/s (batchsize: %d)",
              batches,
              batchRate,
              sampleRate,
              batchSize));
      if (peers != null) {
        PeerLines.print(out, peers.get());
      }
    }
    reportBatches = batches;
    reportSamples = samples;
    reportBytes = bytes;
    reportNanos = nanos;
  }

  /** Says of each stream how much of it did not come, if something did not or may not have. */
  void losses(List<StreamStats> streams) {
    if (json) {
      ObjectNode object = Json.MAPPER.createObjectNode();
      PeerLines.addStreams(object, streams);
      out.println(object);
      return;
    }
    for (StreamStats stream : streams) {
      out.println(stream.lossLine());
    }
  }

  /** Prints the last line. */
  void total() {
    double seconds = batches > skip ? (lastNanos - countedFromNanos) / 1e9 : 0;
    double rate = seconds > 0 ? countedBytes / seconds : 0;
    out.println(
        String.format(
            Locale.ROOT,
            "total: %d batches, %d bytes, %.6f seconds, %.0f bytes/s",
            batches,
            countedBytes,
            seconds,
            rate));
    out.flush();
  }

  /** Loaded only when it is needed: tools start faster without. */
  private static final class Json {
    static final ObjectMapper MAPPER = new ObjectMapper();
  }
}
