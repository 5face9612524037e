// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.monitor;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tensorcom.tensor.TensorBatch;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** What tensormon prints. Thread-safe, so that a signal can end it. */
final class MonitorReport {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final PrintStream out;
  private final boolean json;
  private final int every;
  private final long skip;
  private long batches;
  private long lastReportBatches;
  private long lastReportSamples;
  private long lastReportNanos;
  private long samples;
  private long countedBytes;
  private long skippedAtNanos;
  private long lastNanos;
  private boolean totalShown;

  MonitorReport(PrintStream out, boolean json, int every, long skip) {
    this.out = out;
    this.json = json;
    this.every = every;
    this.skip = skip;
    this.lastReportNanos = System.nanoTime();
    this.skippedAtNanos = lastReportNanos;
    this.lastNanos = lastReportNanos;
  }

  synchronized void opened(List<String> urls) {
    if (!json) {
      StringBuilder list = new StringBuilder();
      urls.forEach(
          url -> list.append(list.isEmpty() ? "" : ", ").append('\'').append(url).append('\''));
      out.println("input: [" + list + "]");
      urls.forEach(out::println);
      out.println("connected");
      out.flush();
    }
  }

  synchronized long batches() {
    return batches;
  }

  synchronized void received(TensorBatch batch, long nanos) {
    batches++;
    long size = batch.get(0).rank() > 0 ? batch.get(0).dim(0) : 1;
    samples += size;
    lastNanos = nanos;
    if (batches <= skip) {
      skippedAtNanos = nanos;
    } else {
      countedBytes += batch.byteSize();
    }
    if (batches % every == 0) {
      report(size, nanos);
    }
  }

  private void report(long batchSize, long nanos) {
    double seconds = Math.max(1, nanos - lastReportNanos) / 1e9;
    double batchRate = (batches - lastReportBatches) / seconds;
    double sampleRate = (samples - lastReportSamples) / seconds;
    if (json) {
      ObjectNode object = JSON.createObjectNode();
      object.put("batches", batches);
      object.put("batchesPerSecond", batchRate);
      object.put("samplesPerSecond", sampleRate);
      object.put("batchSize", batchSize);
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
    }
    out.flush();
    lastReportBatches = batches;
    lastReportSamples = samples;
    lastReportNanos = nanos;
  }

  /** Prints the last line, once. */
  synchronized void total() {
    if (totalShown) {
      return;
    }
    totalShown = true;
    double seconds = batches > skip ? (lastNanos - skippedAtNanos) / 1e9 : 0;
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
}
